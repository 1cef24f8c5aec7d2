/// Which addresses may become links.
enum Address {
    /// The address as it is to be written, when Jira's editor takes its scheme; nil otherwise.
    ///
    /// White space at the ends goes, and line breaks and tabs inside, as browsers do before they look at the scheme.
    static func allowed(_ raw: Bytes) -> [UInt8]? {
        var from = 0
        var to = raw.count
        while from < to, raw[from] <= 0x20 { from += 1 }
        while to > from, raw[to - 1] <= 0x20 { to -= 1 }
        guard from < to else { return nil }
        var clean: [UInt8] = []
        clean.reserveCapacity(to - from)
        for at in from..<to where raw[at] >= 0x20 && raw[at] != 0x7F { clean.append(raw[at]) }
        guard let first = clean.first else { return nil }
        if first == UInt8(ascii: "/") || first == UInt8(ascii: "#") { return clean }
        guard let colon = clean.prefix(12).firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return clean.withUnsafeBufferPointer { isKnown($0[0, colon]) } ? clean : nil
    }

    /// Whether an address is of the web, with a host.
    static func isWeb(_ address: Bytes) -> Bool {
        (address.starts(with: "http://") && address.count > 7)
            || (address.starts(with: "https://") && address.count > 8)
    }

    private static func isKnown(_ scheme: Bytes) -> Bool {
        schemes.contains { scheme.matches($0) }
    }

    /// The editor's allow-list, the frequent ones first.
    private static let schemes: [StaticString] = [
        "https", "http", "mailto", "tel", "ftp", "ftps", "sftp", "scp", "git", "ssh", "svn", "cvs", "mvn", "irc",
        "irc6",
        "news", "nntp", "feed", "skype", "callto", "facetime", "slack", "whatsapp", "xmpp", "sip", "sips", "urn",
        "magnet",
        "notes", "sourcetree", "itms", "rdp", "vnc", "telnet", "smb", "file", "gopher",
    ]
}
