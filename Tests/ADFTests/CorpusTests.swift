import ADF
import Foundation
import Testing

/// The 69 fragments that stand beside the project; without them the suite is skipped.
@Suite(.enabled(if: Corpus.shared != nil, "no shared fixtures")) struct CorpusTests {
    @Test("Every fragment becomes a valid document that shows its words in order", arguments: Corpus.shared ?? [])
    func keepsWords(_ page: Corpus.Page) throws {
        let conversion = ADFConverter().convert(page.html)
        let document = try #require(conversion.document)
        #expect(ADFValidator.faults(in: document) == [])
        let shown = try Shown(document)
        #expect(!shown.words.isEmpty)
        #expect(shown.shows(inOrder: page.words) == nil)
        #expect(conversion.report.adfSizeBytes == document.count)
    }

    @Test("The same bytes in give the same bytes out, in both profiles", arguments: Corpus.shared ?? [])
    func isDeterministic(_ page: Corpus.Page) throws {
        for profile in [ADFConverter.Profile.full, .plain] {
            let converter = ADFConverter(options: .init(profile: profile))
            let document = try #require(converter.convert(page.html).document)
            #expect(converter.convert(Array(page.html.utf8)).document == document)
            #expect(ADFValidator.faults(in: document) == [])
        }
    }
}

enum Corpus {
    struct Page: Sendable, CustomTestStringConvertible {
        let id: String
        let html: String
        var testDescription: String { id }

        /// Words that stand between tags, with no character that HTML could mean otherwise: a page shows them all.
        var words: [String] {
            guard !html.contains("<script"), !html.contains("<style"), !html.contains("<head"), !html.contains("<!--"),
                !html.contains("<![if"), !html.contains("mso-list"), !html.contains("<details")
            else { return [] }
            var words: [String] = []
            for piece in html.split(separator: ">").dropFirst() {
                let text = piece.prefix { $0 != "<" }
                let parts = text.split { $0.isASCII && $0.isWhitespace }
                guard parts.count > 2 else { continue }
                // The first and last may be glued to what is in the tags around.
                words += parts.dropFirst().dropLast().filter { $0.allSatisfy { $0.isLetter || $0.isNumber } }.map(
                    String.init
                )
            }
            return words
        }
    }

    static let shared: [Page]? = {
        let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../shared"
        ).path
        let folder = ProcessInfo.processInfo.environment["TRAMLINE_SHARED"] ?? beside
        guard let text = try? String(contentsOfFile: "\(folder)/fixtures/html/corpus.jsonl", encoding: .utf8) else {
            print("The sample pages are not beside the project: their tests are skipped.")
            return nil
        }
        return text.split(separator: "\n").compactMap { line in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
            guard let id = object?["id"], let html = object?["html"] else { return nil }
            return Page(id: id, html: html)
        }
    }()
}
