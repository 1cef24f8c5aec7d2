/// The order in which things can be made that need one another.
struct DependencyOrder {
    /// Indices, each behind all that it needs; the smallest index first wherever there is a choice.
    let order: [Int]
    /// Where things need one another in a circle: for each circle its members in the order of needing, beginning with
    /// the smallest index. `order` is complete exactly when there is none.
    let cycles: [[Int]]

    /// Takes O((n + m) log n) for n things with m needs.
    /// - Parameter needs: for each index, the indices that must come before it.
    init(needs: [[Int]]) {
        var neededBy = [[Int]](repeating: [], count: needs.count)
        var missing = [Int](repeating: 0, count: needs.count)
        for (index, needed) in needs.enumerated() {
            missing[index] = needed.count
            for other in needed { neededBy[other].append(index) }
        }
        var ready = SmallestFirst()
        for index in needs.indices where missing[index] == 0 { ready.insert(index) }
        var order: [Int] = []
        order.reserveCapacity(needs.count)
        while let index = ready.removeFirst() {
            order.append(index)
            for other in neededBy[index] {
                missing[other] -= 1
                if missing[other] == 0 { ready.insert(other) }
            }
        }
        self.order = order
        self.cycles = order.count == needs.count ? [] : Self.cycles(among: needs) { missing[$0] > 0 }
    }

    /// What is left over needs something that is left over too. Following the first such need from each must end in a
    /// circle; each circle is met once.
    private static func cycles(among needs: [[Int]], isLeft: (Int) -> Bool) -> [[Int]] {
        var cycles: [[Int]] = []
        /// On which walk an index was met.
        var walkOf = [Int](repeating: -1, count: needs.count)
        for start in needs.indices where isLeft(start) && walkOf[start] < 0 {
            var path: [Int] = []
            var index = start
            while walkOf[index] < 0 {
                walkOf[index] = start
                path.append(index)
                guard let next = needs[index].first(where: isLeft) else {
                    preconditionFailure("what is left over needs something that is left over")
                }
                index = next
            }
            // A walk that runs into an earlier one ends in a circle that is known already.
            guard walkOf[index] == start, let entry = path.firstIndex(of: index) else { continue }
            let cycle = path[entry...]
            let smallest = cycle.firstIndex(of: cycle.min()!)!
            cycles.append(Array(cycle[smallest...] + cycle[..<smallest]))
        }
        return cycles
    }
}

/// A binary heap of indices.
private struct SmallestFirst {
    private var heap: [Int] = []

    mutating func insert(_ element: Int) {
        heap.append(element)
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() -> Int? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[smallest] {
                smallest = child
            }
            guard smallest != parent else { return first }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
