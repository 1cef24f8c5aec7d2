import CGumbo

/// An element of the parsed page, which lives as long as the parser's memory.
struct Element {
    let node: UnsafePointer<GumboNode>

    var tag: GumboTag { tramline_tag(node) }
    var isHTML: Bool { tramline_namespace(node) == GUMBO_NAMESPACE_HTML }
    var childCount: UInt32 { tramline_child_count(node) }

    func child(_ at: UInt32) -> UnsafePointer<GumboNode> { tramline_child(node, at)! }

    /// The value of an attribute, whose name is in lower case.
    func value(_ name: StaticString) -> Bytes? {
        let name = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        return tramline_attribute(node, name).map { Bytes($0) }
    }

    func has(_ name: StaticString) -> Bool { value(name) != nil }

    /// The name as written, for elements without a number.
    var sourceName: Bytes {
        let piece = tramline_source_name(node)
        return Bytes(start: UnsafeRawPointer(piece.data)?.assumingMemoryBound(to: UInt8.self), count: piece.length)
    }

    var parent: Element? {
        guard let parent = tramline_parent(node), tramline_is_element(parent) else { return nil }
        return Element(node: parent)
    }

    /// The children that are elements.
    func eachChildElement(_ body: (Element, UInt32) -> Bool) {
        for at in 0..<childCount {
            let child = child(at)
            if tramline_is_element(child), !body(Element(node: child), at) { return }
        }
    }

    /// The element that comes first in this one, before any text; nil when text does.
    var leadingElement: Element? {
        for at in 0..<childCount {
            let child = child(at)
            if tramline_is_element(child) { return Element(node: child) }
            if tramline_is_text(child), !Bytes(tramline_text(child)).allSatisfy(\.isSpace) { return nil }
        }
        return nil
    }

    /// Looks at what is inside, in order, at most at a number of nodes. Stops when the body says so.
    func look(limit: Int, _ body: (UnsafePointer<GumboNode>) -> Bool) {
        var left = limit
        var place: [(node: UnsafePointer<GumboNode>, next: UInt32)] = [(node, 0)]
        while let (parent, next) = place.last {
            guard next < tramline_child_count(parent) else {
                place.removeLast()
                continue
            }
            place[place.count - 1].next += 1
            let child = tramline_child(parent, next)!
            left -= 1
            if left < 0 || !body(child) { return }
            if tramline_is_element(child) { place.append((child, 0)) }
        }
    }

    /// Whether it is a checkbox, and ticked.
    var checkbox: Bool? {
        guard isHTML, tag == GUMBO_TAG_INPUT, value("type")?.matches("checkbox") == true else { return nil }
        return has("checked")
    }
}

/// The attributes that any element may have, found in one pass.
struct CommonAttributes {
    var style: Bytes?
    var classes: Bytes?
    var alignment: Bytes?
    var isHidden = false
    var hasData = false

    init(_ element: Element) {
        for at in 0..<tramline_attribute_count(element.node) {
            let attribute = tramline_attribute_at(element.node, at)!
            let name = UnsafeRawPointer(attribute.pointee.name!).assumingMemoryBound(to: UInt8.self)
            switch name[0] {
            case UInt8(ascii: "s"):
                if Bytes(attribute.pointee.name).matches("style") { style = Bytes(attribute.pointee.value) }
            case UInt8(ascii: "c"):
                if Bytes(attribute.pointee.name).matches("class") { classes = Bytes(attribute.pointee.value) }
            case UInt8(ascii: "a"):
                if Bytes(attribute.pointee.name).matches("align") { alignment = Bytes(attribute.pointee.value) }
            case UInt8(ascii: "h"): if Bytes(attribute.pointee.name).matches("hidden") { isHidden = true }
            case UInt8(ascii: "d"): if name[1] == UInt8(ascii: "a") { hasData = true }
            default: break
            }
        }
    }

    func hasClass(_ name: StaticString) -> Bool { classes?.hasWord(name) ?? false }
}
