/// A document as it is written, within the limits of what may be sent.
///
/// A page of 1 MiB can ask for a document of gigabytes: one long address on each of its words is enough. So nothing is
/// kept from the moment that a limit is passed; only the visible characters are counted to the end, since the report names
/// them.
struct Draft {
    /// How much a document may hold.
    struct Limits {
        /// Visible characters: UTF-16 units, one per line break.
        var characters: Int
        /// Bytes of JSON.
        var bytes: Int

        /// What of it is left beside something else.
        func less(_ other: Limits) -> Limits {
            Limits(characters: max(0, characters - other.characters), bytes: max(0, bytes - other.bytes))
        }
    }

    /// Where in the sketch the room ended.
    struct End {
        /// The node that was being written.
        let node: Int32
        /// How many of its characters there was room for.
        let characters: Int
    }

    /// The JSON; empty when it is more than may be sent.
    private(set) var bytes: [UInt8] = []
    /// Characters that a reader sees, whether there was room for them or not.
    private(set) var visible = 0
    /// A limit was passed.
    private(set) var isFull = false
    /// Where the room ended, if it did. There may have been space behind it for all that came.
    private(set) var end: End?

    private let limits: Limits
    /// The limits without what is kept for a note.
    private let room: Limits
    private var node: Int32 = 0
    private var nodeStart = 0

    /// - Parameters:
    ///   - limits: What may be sent.
    ///   - room: What may be filled before ``end`` is set, within the limits.
    ///   - expected: About how many bytes will come.
    init(limits: Limits, room: Limits, expecting expected: Int) {
        self.limits = limits
        self.room = room
        bytes.reserveCapacity(min(expected, limits.bytes))
    }

    /// Says which node of the sketch is written from here on.
    @inline(__always)
    mutating func begin(_ node: Int32) {
        self.node = node
        nodeStart = visible
    }

    // MARK: Bytes

    /// Appends a piece of JSON that is written as it stands.
    @inline(__always)
    mutating func put(_ literal: StaticString) {
        guard !isFull else { return }
        bytes.put(literal)
        if bytes.count > room.bytes { passRoom() }
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        guard !isFull else { return }
        bytes.append(byte)
        if bytes.count > room.bytes { passRoom() }
    }

    @inline(__always)
    mutating func put(_ number: Int) {
        guard !isFull else { return }
        bytes.put(number)
        if bytes.count > room.bytes { passRoom() }
    }

    /// Appends UTF-8 as a string literal with its quotation marks.
    mutating func putString(_ utf8: ArraySlice<UInt8>) {
        guard !isFull else { return }
        utf8.withUnsafeBufferPointer { bytes.putString($0) }
        if bytes.count > room.bytes { passRoom() }
    }

    /// Ends a list of JSON in place of the comma that was written last.
    mutating func endList() {
        guard !isFull else { return }
        bytes[bytes.count - 1] = UInt8(ascii: "]")
    }

    /// - Parameter units: Characters that were counted just now and found no room.
    private mutating func passRoom(with units: Int = 0) {
        if end == nil { end = End(node: node, characters: visible - nodeStart - units) }
        if bytes.count > limits.bytes { close() }
    }

    private mutating func close() {
        isFull = true
        bytes = []
    }

    // MARK: Visible characters

    /// Appends characters that a reader sees to the inside of a string literal.
    @inline(__always)
    mutating func putVisible(_ utf8: UnsafeBufferPointer<UInt8>) {
        let units = utf8.utf16Length
        count(units)
        guard !isFull else { return }
        bytes.putEscaped(utf8)
        if bytes.count > room.bytes { passRoom(with: units) }
    }

    /// Appends a literal that a reader sees as it stands, and that needs no escape.
    mutating func putVisible(_ literal: StaticString) {
        count(literal.utf8CodeUnitCount)
        put(literal)
    }

    /// Counts what a reader sees of something that is no text.
    @inline(__always)
    mutating func count(_ characters: Int) {
        visible += characters
        if visible > room.characters { passCharacters() }
    }

    private mutating func passCharacters() {
        if end == nil { end = End(node: node, characters: max(0, room.characters - nodeStart)) }
        if visible > limits.characters, !isFull { close() }
    }
}
