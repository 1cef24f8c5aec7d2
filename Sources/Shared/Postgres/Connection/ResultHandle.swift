import CLibPQ

/// The one owner of a `PGresult`.
struct ResultHandle: ~Copyable {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }

    /// The server's error.
    func makeError() -> PostgresError {
        let fields = ServerFields.read(pointer)
        let state = fields[.sqlState] ?? "XX000"
        var message = "The database refused the statement"
        // The text of a data exception (class 22) quotes the value.
        if !state.hasPrefix("22"), let primary = fields[.primary] {
            message = primary
        } else if state == "22P02" || state == "22007" {
            message += ": a value is not of its type's form"
        } else if state == "22001" || state == "22003" {
            message += ": a value is too long or too large for its column"
        }
        return PostgresError(.server, message, fields: fields)
    }

    var fields: [PostgresErrorField: String] { ServerFields.read(pointer) }

    /// The columns of the rows.
    func makeShape() -> PostgresResult.Shape {
        let count = PQnfields(pointer)
        guard count > 0 else { return .empty }
        return PostgresResult.Shape(
            (0..<count).map { index in
                PostgresResult.Column(
                    name: PQfname(pointer, index).map { String(cString: $0) } ?? "",
                    type: PostgresType(rawValue: PQftype(pointer, index))
                )
            }
        )
    }

    /// Copies everything out.
    func copy(_ known: PostgresResult.Shape?) -> PostgresResult {
        let width = PQnfields(pointer)
        let height = PQntuples(pointer)
        let shape = known.flatMap { $0.columns.count == Int(width) ? $0 : nil } ?? makeShape()
        var cells: [PostgresResult.Cell] = []
        cells.reserveCapacity(Int(width) * Int(height))
        var size = 0
        for row in 0..<height {
            for column in 0..<width {
                let isNull = PQgetisnull(pointer, row, column) != 0
                let length = isNull ? -1 : PQgetlength(pointer, row, column)
                cells.append(PostgresResult.Cell(offset: size, length: length))
                size += Int(max(length, 0))
            }
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { target, initialized in
            var cell = 0
            for row in 0..<height {
                for column in 0..<width {
                    defer { cell += 1 }
                    let length = Int(cells[cell].length)
                    guard length > 0, let value = PQgetvalue(pointer, row, column) else { continue }
                    UnsafeMutableRawPointer(target.baseAddress! + cells[cell].offset)
                        .copyMemory(from: value, byteCount: length)
                }
            }
            initialized = size
        }
        return PostgresResult(
            shape: shape,
            cells: cells,
            bytes: bytes,
            count: Int(height),
            command: String(cString: PQcmdStatus(pointer)),
            rowsAffected: Int(String(cString: PQcmdTuples(pointer))) ?? 0
        )
    }
}

/// Reads the `PG_DIAG_*` fields of a result.
enum ServerFields {
    private static let codes: KeyValuePairs<Int, PostgresErrorField> = [
        TRAMLINE_DIAG_SEVERITY: .severity, TRAMLINE_DIAG_SEVERITY_LOCALIZED: .localizedSeverity,
        TRAMLINE_DIAG_SQLSTATE: .sqlState, TRAMLINE_DIAG_MESSAGE_PRIMARY: .primary,
        TRAMLINE_DIAG_MESSAGE_DETAIL: .detail, TRAMLINE_DIAG_MESSAGE_HINT: .hint,
        TRAMLINE_DIAG_STATEMENT_POSITION: .position, TRAMLINE_DIAG_INTERNAL_POSITION: .internalPosition,
        TRAMLINE_DIAG_INTERNAL_QUERY: .internalQuery, TRAMLINE_DIAG_CONTEXT: .context,
        TRAMLINE_DIAG_SCHEMA_NAME: .schema, TRAMLINE_DIAG_TABLE_NAME: .table,
        TRAMLINE_DIAG_COLUMN_NAME: .column, TRAMLINE_DIAG_DATATYPE_NAME: .dataType,
        TRAMLINE_DIAG_CONSTRAINT_NAME: .constraint, TRAMLINE_DIAG_SOURCE_FILE: .sourceFile,
        TRAMLINE_DIAG_SOURCE_LINE: .sourceLine, TRAMLINE_DIAG_SOURCE_FUNCTION: .sourceFunction,
    ]

    static func read(_ result: OpaquePointer) -> [PostgresErrorField: String] {
        var fields: [PostgresErrorField: String] = [:]
        for (code, field) in codes {
            if let text = PQresultErrorField(result, Int32(code)) { fields[field] = String(cString: text) }
        }
        return fields
    }
}
