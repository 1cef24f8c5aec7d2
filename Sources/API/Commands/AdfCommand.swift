import ADF
import ArgumentParser
import Foundation

/// `tramline-api adf`: the conversion of HTML by hand.
struct AdfCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adf",
        abstract: "Convert HTML to the Atlassian Document Format.",
        subcommands: [Convert.self]
    )

    /// `tramline-api adf convert`: one page, or a stream of them.
    struct Convert: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "convert",
            abstract: "Convert a file of HTML and print the document.",
            discussion: """
                With --jsonl each line of the input is {"id", "html"} and each line of the output {"id", "adf", "report"}, \
                in the same order. The exit code is 1 when a single page could not be converted.
                """
        )

        @Argument(help: "The file, or - for the standard input.")
        var file = "-"

        @Flag(help: "Print the report in place of the document.")
        var report = false

        @Flag(help: "Convert a stream of JSON lines.")
        var jsonl = false

        @Flag(help: "Use only the plain part of the format, as the export does after Jira has refused a document.")
        var plain = false

        @Option(help: "An account id that may be mentioned; may be given again.")
        var account: [String] = []

        func run() async throws {
            let converter = ADFConverter(
                options: ADFConverter.Options(profile: plain ? .plain : .full, knownAccounts: Set(account))
            )
            let input = try open()
            let output = FileHandle.standardOutput
            guard jsonl else {
                try convert(input, converter, to: output)
                return
            }
            var lines = LineReader(input)
            var text: [UInt8] = []
            do {
                while let line = try lines.next() {
                    guard !line.isEmpty else { continue }
                    try Self.convert(line: line, number: lines.number, converter, into: &text)
                    if text.count > 1 << 18 {
                        try output.write(contentsOf: text)
                        text.removeAll(keepingCapacity: true)
                    }
                }
            } catch {
                try output.write(contentsOf: text)  // what was converted before the mistake
                throw error
            }
            try output.write(contentsOf: text)
        }

        private func open() throws -> FileHandle {
            guard file != "-" else { return .standardInput }
            guard let input = FileHandle(forReadingAtPath: file) else {
                throw ValidationError("\(file) cannot be read.")
            }
            return input
        }

        private func convert(_ input: FileHandle, _ converter: ADFConverter, to output: FileHandle) throws {
            // Far more than may be converted, so that the converter refuses it and names its size.
            var html: [UInt8] = []
            while html.count <= 16 * ADFConverter.inputLimit, let data = try input.read(upToCount: 1 << 16),
                !data.isEmpty
            {
                html.append(contentsOf: data)
            }
            let conversion = converter.convert(html)
            var text: [UInt8] = []
            if report {
                conversion.report.write(to: &text)
            } else if let document = conversion.document {
                text = document
            }
            if !text.isEmpty {
                text.append(0x0A)
                try output.write(contentsOf: text)
            }
            guard let message = conversion.report.errorMessage else { return }
            if !report {
                let fix = conversion.report.suggestedFix.map { ". \($0)" } ?? ""
                try FileHandle.standardError.write(contentsOf: Data("\(message)\(fix).\n".utf8))
            }
            throw ExitCode.failure
        }

        private struct Line: Decodable {
            let id: String?
            let html: String

            enum CodingKeys: CodingKey { case id, html }

            init(from decoder: any Decoder) throws {
                let members = try decoder.container(keyedBy: CodingKeys.self)
                html = try members.decode(String.self, forKey: .html)
                // An id that is no number is read as a text, and what is wrong with that is told.
                if let number = try? members.decode(Int.self, forKey: .id) {
                    id = String(number)
                } else {
                    id = try members.decodeIfPresent(String.self, forKey: .id)
                }
            }
        }

        private static func convert(
            line: [UInt8],
            number: Int,
            _ converter: ADFConverter,
            into text: inout [UInt8]
        ) throws {
            let read: Line
            do {
                read = try JSONDecoder().decode(Line.self, from: Data(line))
            } catch {
                throw ValidationError("Line \(number) is not {\"id\": …, \"html\": …}.")
            }
            converter.convert(read.html).writeLine(id: read.id ?? String(number), to: &text)
        }
    }
}

/// Lines of a stream, one at a time.
private struct LineReader {
    private let input: FileHandle
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    /// The number of the line that was read last, from 1.
    private(set) var number = 0

    /// A longer line is refused: it cannot hold a page that may be converted.
    private static let limit = 8 * ADFConverter.inputLimit

    init(_ input: FileHandle) { self.input = input }

    mutating func next() throws -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                let line = Array(buffer[start..<end])
                start = end + 1
                number += 1
                return line
            }
            searched = buffer.count
            if isAtEnd {
                guard start < buffer.count else { return nil }
                let line = Array(buffer[start...])
                start = buffer.count
                number += 1
                return line
            }
            guard buffer.count - start <= Self.limit else {
                throw ValidationError("Line \(number + 1) is longer than \(Self.limit >> 20) MiB.")
            }
            searched -= start
            buffer.removeFirst(start)
            start = 0
            if let data = try input.read(upToCount: 1 << 18), !data.isEmpty {
                buffer.append(contentsOf: data)
            } else {
                isAtEnd = true
            }
        }
    }
}
