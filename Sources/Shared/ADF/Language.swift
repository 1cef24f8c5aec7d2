/// Languages of code blocks.
enum Language {
    /// The name under which Jira knows a language: lower case, aliases resolved; nil for text and for odd names.
    static func named(_ raw: Bytes) -> String? {
        guard raw.count > 0, raw.count <= 24 else { return nil }
        let name = String(decoding: raw.map(\.lowercased), as: UTF8.self)
        if let other = aliases[name] { return other }
        return known.contains(name) ? name : nil
    }

    /// The language that one of the words of a `class` attribute names.
    static func inClass(_ classes: Bytes) -> String? {
        var found: String?
        var followsBrush = false
        classes.eachWord { word in
            guard found == nil else { return }
            if followsBrush {
                followsBrush = false
                found = named(withoutEnd(word))
            }
            for prefix: StaticString in ["language-", "lang-", "highlight-source-", "highlight-text-", "code-"]
            where found == nil && word.starts(with: prefix) {
                found = named(word[prefix.utf8CodeUnitCount, word.count])
            }
            if found == nil, word.starts(with: "brush:") {
                followsBrush = word.count == 6
                if !followsBrush { found = named(withoutEnd(word[6, word.count])) }
            }
        }
        return found
    }

    /// `js;` of `brush: js; toolbar: false`.
    private static func withoutEnd(_ word: Bytes) -> Bytes {
        word[0, word.firstIndex(of: UInt8(ascii: ";")) ?? word.count]
    }

    private static let aliases: [String: String] = [
        "js": "javascript", "mjs": "javascript", "node": "javascript", "ts": "typescript", "py": "python",
        "python3": "python", "sh": "shell", "zsh": "shell", "console": "shell", "shellscript": "shell",
        "shell-session": "shell", "shellsession": "shell", "yml": "yaml", "cs": "csharp", "c#": "csharp", "c++": "cpp",
        "rb": "ruby", "rs": "rust", "kt": "kotlin", "golang": "go", "md": "markdown", "ps1": "powershell",
        "docker": "dockerfile", "html-basic": "html", "html-erb": "html", "objc": "objective-c",
        "objectivec": "objective-c",
        "hs": "haskell", "ex": "elixir", "erl": "erlang", "pl": "perl", "tf": "hcl", "terraform": "hcl",
        "gql": "graphql",
        "f#": "fsharp", "fs": "fsharp", "vb": "visualbasic", "vb.net": "vbnet", "tex": "latex", "viml": "vim",
        "make": "makefile", "proto": "protobuf", "jsonc": "json", "json5": "json", "patch": "diff", "bat": "batch",
        "coffee": "coffeescript", "clj": "clojure", "jl": "julia", "sass-scss": "scss", "styl": "stylus",
    ]

    private static let known: Set<String> = [
        "abap", "actionscript", "ada", "applescript", "arduino", "asciidoc", "asm", "assembly", "autoit", "awk", "bash",
        "batch", "bicep", "c", "clojure", "cmake", "cobol", "coffeescript", "coldfusion", "cpp", "crystal", "csharp",
        "css",
        "csv", "cuda", "cypher", "d", "dart", "delphi", "diff", "dockerfile", "dot", "elixir", "elm", "erb", "erlang",
        "fish", "fortran", "foxpro", "fsharp", "gherkin", "git", "go", "gradle", "graphql", "groovy", "handlebars",
        "haskell", "haxe", "hcl", "html", "http", "ini", "java", "javascript", "jinja", "json", "jsx", "julia",
        "kotlin",
        "latex", "less", "lisp", "livescript", "lua", "makefile", "markdown", "mathematica", "matlab", "mermaid",
        "nginx",
        "nim", "nix", "objective-c", "objective-j", "objectpascal", "ocaml", "octave", "pascal", "perl", "php", "plsql",
        "powershell", "prolog", "properties", "protobuf", "puppet", "python", "qml", "r", "racket", "restructuredtext",
        "ruby", "rust", "sass", "scala", "scheme", "scss", "shell", "smalltalk", "solidity", "splunk-spl", "sql",
        "standardml", "stylus", "svelte", "swift", "tcl", "toml", "tsx", "typescript", "vala", "vbnet", "verilog",
        "vhdl",
        "vim", "visualbasic", "vue", "wasm", "xml", "xquery", "xslt", "yaml", "zig",
    ]
}
