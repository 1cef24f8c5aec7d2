/// Colours as CSS and the old attributes write them.
enum Color {
    /// What a declaration of a colour says.
    enum Value: Equatable {
        /// 0xRRGGBB.
        case rgb(UInt32)
        /// See-through, or as the reader's own colours have it.
        case none
        /// As it is around, or not readable.
        case inherited
    }

    /// Reads a colour of CSS: a name, `#rgb`, `#rrggbb` (also with alpha), `rgb()`, `rgba()`, `hsl()`, `hsla()`.
    ///
    /// Alpha counts only when it is 0, which is none.
    static func read(_ text: Bytes) -> Value {
        let text = text.trimmed
        guard let first = text.first, text.count < 64 else { return .inherited }
        if first == UInt8(ascii: "#") { return hexadecimal(text[1, text.count]) }
        if text.starts(with: "rgb") { return function(text, isHue: false) }
        if text.starts(with: "hsl") { return function(text, isHue: true) }
        if text.matches("transparent") || text.matches("windowtext") || text.matches("auto")
            || text.matches("initial") || text.matches("canvastext")
        {
            return .none
        }
        guard text.count <= 20, text.allSatisfy(\.isLetter) else { return .inherited }
        return names[String(decoding: text.map(\.lowercased), as: UTF8.self)].map { .rgb($0) } ?? .inherited
    }

    /// Reads the value of `font[color]`, where the number sign may be missing.
    static func readAttribute(_ text: Bytes) -> Value {
        let text = text.trimmed
        if case .rgb(let color) = read(text) { return .rgb(color) }
        return text.count == 6 || text.count == 3 ? hexadecimal(text) : .inherited
    }

    private static func hexadecimal(_ digits: Bytes) -> Value {
        var value: UInt32 = 0
        guard digits.count <= 8 else { return .inherited }
        for digit in digits {
            guard let number = digit.hexValue else { return .inherited }
            value = value << 4 | number
        }
        switch digits.count {
        case 3: return .rgb(doubled(value))
        case 4: return value & 15 == 0 ? .none : .rgb(doubled(value >> 4))
        case 6: return .rgb(value)
        case 8: return value & 255 == 0 ? .none : .rgb(value >> 8)
        default: return .inherited
        }
    }

    private static func doubled(_ short: UInt32) -> UInt32 {
        (short >> 8 & 15) * 0x110000 + (short >> 4 & 15) * 0x1100 + (short & 15) * 0x11
    }

    private static func function(_ text: Bytes, isHue: Bool) -> Value {
        guard let open = text.firstIndex(of: UInt8(ascii: "(")) else { return .inherited }
        var values: [Double] = []
        var at = open + 1
        while at < text.count, values.count < 4 {
            guard text[at].isDigit || text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: ".") else {
                guard !text[at].isLetter else { return .inherited }
                at += 1
                continue
            }
            var number = decimal(text, &at)
            if at < text.count, text[at] == UInt8(ascii: "%") {
                number = values.count == 3 ? number / 100 : isHue ? number : number * 2.55
            }
            while at < text.count, text[at].isLetter { at += 1 }  // "deg"
            values.append(number)
        }
        guard values.count >= 3 else { return .inherited }
        if values.count == 4, values[3] <= 0 { return .none }
        if isHue { return .rgb(rgb(hue: values[0], saturation: values[1], lightness: values[2])) }
        return .rgb(byte(values[0]) << 16 | byte(values[1]) << 8 | byte(values[2]))
    }

    private static func decimal(_ text: Bytes, _ at: inout Int) -> Double {
        let isNegative = text[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        var value = 0.0
        var scale = 0.0
        while at < text.count {
            if text[at].isDigit {
                value = value * 10 + Double(text[at] - 48)
                scale *= 10
            } else if text[at] == UInt8(ascii: "."), scale == 0 {
                scale = 1
            } else {
                break
            }
            at += 1
        }
        if scale > 1 { value /= scale }
        return isNegative ? -value : value
    }

    private static func byte(_ value: Double) -> UInt32 { UInt32(min(255, max(0, value.rounded()))) }

    private static func rgb(hue: Double, saturation: Double, lightness: Double) -> UInt32 {
        let light = min(100, max(0, lightness)) / 100
        let amount = min(100, max(0, saturation)) / 100 * min(light, 1 - light)
        func channel(_ offset: Double) -> UInt32 {
            let turned = (offset + hue / 30).truncatingRemainder(dividingBy: 12)
            let place = turned < 0 ? turned + 12 : turned
            return byte(255 * (light - amount * max(-1, min(place - 3, min(9 - place, 1)))))
        }
        return channel(0) << 16 | channel(8) << 8 | channel(4)
    }

    // https://www.w3.org/TR/css-color-4/#named-colors
    private static let names: [String: UInt32] = [
        "aliceblue": 0xF0F8FF, "antiquewhite": 0xFAEBD7, "aqua": 0x00FFFF, "aquamarine": 0x7FFFD4, "azure": 0xF0FFFF,
        "beige": 0xF5F5DC, "bisque": 0xFFE4C4, "black": 0x000000, "blanchedalmond": 0xFFEBCD, "blue": 0x0000FF,
        "blueviolet": 0x8A2BE2, "brown": 0xA52A2A, "burlywood": 0xDEB887, "cadetblue": 0x5F9EA0,
        "chartreuse": 0x7FFF00, "chocolate": 0xD2691E, "coral": 0xFF7F50, "cornflowerblue": 0x6495ED,
        "cornsilk": 0xFFF8DC, "crimson": 0xDC143C, "cyan": 0x00FFFF, "darkblue": 0x00008B, "darkcyan": 0x008B8B,
        "darkgoldenrod": 0xB8860B, "darkgray": 0xA9A9A9, "darkgreen": 0x006400, "darkgrey": 0xA9A9A9,
        "darkkhaki": 0xBDB76B, "darkmagenta": 0x8B008B, "darkolivegreen": 0x556B2F, "darkorange": 0xFF8C00,
        "darkorchid": 0x9932CC, "darkred": 0x8B0000, "darksalmon": 0xE9967A, "darkseagreen": 0x8FBC8F,
        "darkslateblue": 0x483D8B, "darkslategray": 0x2F4F4F, "darkslategrey": 0x2F4F4F, "darkturquoise": 0x00CED1,
        "darkviolet": 0x9400D3, "deeppink": 0xFF1493, "deepskyblue": 0x00BFFF, "dimgray": 0x696969,
        "dimgrey": 0x696969, "dodgerblue": 0x1E90FF, "firebrick": 0xB22222, "floralwhite": 0xFFFAF0,
        "forestgreen": 0x228B22, "fuchsia": 0xFF00FF, "gainsboro": 0xDCDCDC, "ghostwhite": 0xF8F8FF,
        "gold": 0xFFD700, "goldenrod": 0xDAA520, "gray": 0x808080, "green": 0x008000, "greenyellow": 0xADFF2F,
        "grey": 0x808080, "honeydew": 0xF0FFF0, "hotpink": 0xFF69B4, "indianred": 0xCD5C5C, "indigo": 0x4B0082,
        "ivory": 0xFFFFF0, "khaki": 0xF0E68C, "lavender": 0xE6E6FA, "lavenderblush": 0xFFF0F5, "lawngreen": 0x7CFC00,
        "lemonchiffon": 0xFFFACD, "lightblue": 0xADD8E6, "lightcoral": 0xF08080, "lightcyan": 0xE0FFFF,
        "lightgoldenrodyellow": 0xFAFAD2, "lightgray": 0xD3D3D3, "lightgreen": 0x90EE90, "lightgrey": 0xD3D3D3,
        "lightpink": 0xFFB6C1, "lightsalmon": 0xFFA07A, "lightseagreen": 0x20B2AA, "lightskyblue": 0x87CEFA,
        "lightslategray": 0x778899, "lightslategrey": 0x778899, "lightsteelblue": 0xB0C4DE, "lightyellow": 0xFFFFE0,
        "lime": 0x00FF00, "limegreen": 0x32CD32, "linen": 0xFAF0E6, "magenta": 0xFF00FF, "maroon": 0x800000,
        "mediumaquamarine": 0x66CDAA, "mediumblue": 0x0000CD, "mediumorchid": 0xBA55D3, "mediumpurple": 0x9370DB,
        "mediumseagreen": 0x3CB371, "mediumslateblue": 0x7B68EE, "mediumspringgreen": 0x00FA9A,
        "mediumturquoise": 0x48D1CC, "mediumvioletred": 0xC71585, "midnightblue": 0x191970, "mintcream": 0xF5FFFA,
        "mistyrose": 0xFFE4E1, "moccasin": 0xFFE4B5, "navajowhite": 0xFFDEAD, "navy": 0x000080, "oldlace": 0xFDF5E6,
        "olive": 0x808000, "olivedrab": 0x6B8E23, "orange": 0xFFA500, "orangered": 0xFF4500, "orchid": 0xDA70D6,
        "palegoldenrod": 0xEEE8AA, "palegreen": 0x98FB98, "paleturquoise": 0xAFEEEE, "palevioletred": 0xDB7093,
        "papayawhip": 0xFFEFD5, "peachpuff": 0xFFDAB9, "peru": 0xCD853F, "pink": 0xFFC0CB, "plum": 0xDDA0DD,
        "powderblue": 0xB0E0E6, "purple": 0x800080, "rebeccapurple": 0x663399, "red": 0xFF0000,
        "rosybrown": 0xBC8F8F, "royalblue": 0x4169E1, "saddlebrown": 0x8B4513, "salmon": 0xFA8072,
        "sandybrown": 0xF4A460, "seagreen": 0x2E8B57, "seashell": 0xFFF5EE, "sienna": 0xA0522D, "silver": 0xC0C0C0,
        "skyblue": 0x87CEEB, "slateblue": 0x6A5ACD, "slategray": 0x708090, "slategrey": 0x708090, "snow": 0xFFFAFA,
        "springgreen": 0x00FF7F, "steelblue": 0x4682B4, "tan": 0xD2B48C, "teal": 0x008080, "thistle": 0xD8BFD8,
        "tomato": 0xFF6347, "turquoise": 0x40E0D0, "violet": 0xEE82EE, "wheat": 0xF5DEB3, "white": 0xFFFFFF,
        "whitesmoke": 0xF5F5F5, "yellow": 0xFFFF00, "yellowgreen": 0x9ACD32,
    ]
}
