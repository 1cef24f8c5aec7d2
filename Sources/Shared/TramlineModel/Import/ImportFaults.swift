/// A place in an import body, written out only where it is shown.
indirect enum ImportPlace: CustomStringConvertible {
    case body
    case member(ImportPlace, String)
    case element(ImportPlace, Int)

    func member(_ name: String) -> ImportPlace { .member(self, name) }
    func element(_ index: Int) -> ImportPlace { .element(self, index) }

    var description: String {
        switch self {
        case .body: "body"
        case .member(.body, let name): Self.isPlain(name) ? name : "body[\(Self.quoted(name))]"
        case .member(let place, let name): Self.isPlain(name) ? "\(place).\(name)" : "\(place)[\(Self.quoted(name))]"
        case .element(let place, let index): "\(place)[\(index)]"
        }
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 100
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
            }
    }

    /// A name of any kind, shortened and with its control characters escaped: it was written by somebody else.
    private static func quoted(_ name: String) -> String {
        JSONValue.string(name.count > 60 ? name.prefix(60) + "…" : name).text
    }
}

/// The faults that have been met: the first ones by name, the others by number.
struct ImportFaults {
    private(set) var listed: [ImportFault] = []
    private(set) var more = 0

    var isEmpty: Bool { listed.isEmpty }

    mutating func add(_ place: ImportPlace, _ message: @autoclosure () -> String) {
        if listed.count < ImportLimits.listedFaults {
            listed.append(ImportFault(at: place.description, message: message()))
        } else {
            more += 1
        }
    }
}
