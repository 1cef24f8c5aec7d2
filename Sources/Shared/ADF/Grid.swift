/// The cells of a table with spans that fit the table.
struct Grid {
    struct Cell {
        let node: Int32
        var column: Int32
        var columns: Int32
        var rows: Int32
    }

    /// Spans make no table wider than this.
    private static let widest = 1000

    /// How many columns are passed in all rows before a table's spans are given up: a table of 1,000 columns and 4,000 rows.
    private static let stepLimit = 4_000_000

    /// The rows that have cells.
    private(set) var rows: [[Cell]] = []

    /// Lays the cells out as browsers do: a cell goes to the first free column of its row.
    ///
    /// Rows without cells are dropped, spans of rows end with their group, columns in which no cell begins are dropped, and
    /// a span of columns ends where a cell from above stands.
    init(of table: Int32, in sketch: Sketch) {
        var groups: [Int32] = []
        var hasSpans = false
        var row = sketch[table].first
        while row != 0 {
            var cells: [Cell] = []
            var cell = sketch[row].first
            while cell != 0 {
                // An implied cell has no numbers.
                let columns = max(1, sketch[cell].x)
                let span = max(1, sketch[cell].y)
                if columns > 1 || span > 1 { hasSpans = true }
                cells.append(Cell(node: cell, column: 0, columns: columns, rows: span))
                cell = sketch[cell].next
            }
            if !cells.isEmpty || hasSpans {
                rows.append(cells)
                groups.append(sketch[row].x)
            }
            row = sketch[row].next
        }
        if hasSpans { fit(groups) }
    }

    private mutating func fit(_ groups: [Int32]) {
        /// The row before which each column is taken by a cell from above.
        var taken: [Int] = []
        /// Whether a cell begins in each column.
        var starts: [Bool] = []
        var groupEnd = 0
        var steps = 0
        for at in rows.indices {
            guard steps < Self.stepLimit else {
                forgetSpans()
                break
            }
            if groupEnd <= at {
                groupEnd = at
                while groupEnd < rows.count, groups[groupEnd] == groups[at] { groupEnd += 1 }
            }
            var column = 0
            for index in rows[at].indices {
                while column < taken.count, taken[column] > at { column += 1 }
                let cell = rows[at][index]
                var end = column + 1
                let wanted = min(column + Int(cell.columns), max(column + 1, Self.widest))
                while end < wanted, end >= taken.count || taken[end] <= at { end += 1 }
                let last = min(at + Int(cell.rows), groupEnd)
                if end > taken.count {
                    starts += [Bool](repeating: false, count: end - taken.count)
                    taken += [Int](repeating: 0, count: end - taken.count)
                }
                for covered in column..<end { taken[covered] = last }
                rows[at][index].column = Int32(column)
                rows[at][index].columns = Int32(end - column)
                rows[at][index].rows = Int32(last - at)
                starts[column] = true
                column = end
            }
            steps += column
        }
        countColumns(starts)
        dropEmptyRows()
    }

    /// Gives each cell one place, in a table whose spans are beyond all reason.
    private mutating func forgetSpans() {
        for at in rows.indices {
            for index in rows[at].indices {
                rows[at][index].column = 0
                rows[at][index].columns = 1
                rows[at][index].rows = 1
            }
        }
    }

    /// Counts only the columns in which a cell begins.
    private mutating func countColumns(_ starts: [Bool]) {
        guard starts.contains(false) else { return }
        var used: [Int32] = [0]  // how many begin before a column
        used.reserveCapacity(starts.count + 1)
        for isStart in starts { used.append(used[used.count - 1] + (isStart ? 1 : 0)) }
        for at in rows.indices {
            for index in rows[at].indices {
                let cell = rows[at][index]
                rows[at][index].columns = max(1, used[Int(cell.column + cell.columns)] - used[Int(cell.column)])
            }
        }
    }

    private mutating func dropEmptyRows() {
        guard rows.contains(where: \.isEmpty) else { return }
        var kept: [Int32] = [0]  // how many rows with cells come before a row
        for row in rows { kept.append(kept[kept.count - 1] + (row.isEmpty ? 0 : 1)) }
        for at in rows.indices {
            for index in rows[at].indices {
                rows[at][index].rows = kept[at + Int(rows[at][index].rows)] - kept[at]
            }
        }
        rows.removeAll(where: \.isEmpty)
    }
}
