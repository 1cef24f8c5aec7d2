/// Lists, items and tasks.
extension Placement {
    mutating func placeList(_ node: Int32) {
        guard sketch[node].first != 0 else { return }
        if sketch[node].isTaskLike, profile == .full, holdsTasks {
            writeTaskList(node, level: 1)
            return
        }
        payBox()
        let levels = stack.reduce(0) { $0 + ($1.kind == .bulletList || $1.kind == .orderedList ? 1 : 0) }
        if levels >= Self.listLevels, top.kind == .item {
            // The last level takes the items of deeper ones between its own.
            findings.note(.flattened, "list")
            let suspended = suspend(above: stack.count - 2)
            placeItems(of: node)
            stack += suspended
            return
        }
        push(sketch[node].kind == .orderedList ? .orderedList : .bulletList, node)
        placeItems(of: node)
        pop()
    }

    private var holdsTasks: Bool {
        switch top.kind {
        case .document, .expand, .nestedExpand, .panel, .cell: true
        default: false
        }
    }

    private mutating func placeItems(of list: Int32) {
        let holder = stack.count - 1
        let isOwnList = stack[holder].node == list
        var number = isOwnList ? sketch[list].x : stack[holder].number
        var item = sketch[list].first
        while item != 0 {
            if isOwnList { stack[holder].number = number }
            number = number < .max ? number + 1 : number
            json.begin(item)
            push(.item, item)
            owedBox = sketch[item].task
            placeChildren(of: item)
            payBox()
            pop(isKept: true)
            item = sketch[item].next
        }
    }

    private mutating func writeTaskList(_ list: Int32, level: Int) {
        startBlock(of: list)
        taskLists += 1
        json.put(#"{"type":"taskList","attrs":{"localId":"task-list-"#)
        json.put(taskLists)
        json.put(#""},"content":["#)
        var isFirst = true
        writeTasks(of: list, level: level, &isFirst)
        json.put("]}")
    }

    private mutating func writeTasks(of list: Int32, level: Int, _ isFirst: inout Bool) {
        var item = sketch[list].first
        while item != 0 {
            if !isFirst { json.append(UInt8(ascii: ",")) }
            isFirst = false
            json.begin(item)
            tasks += 1
            json.put(#"{"type":"taskItem","attrs":{"localId":"task-"#)
            json.put(tasks)
            json.put(sketch[item].task == .done ? #"","state":"DONE"},"# : #"","state":"TODO"},"#)
            startContent()
            var hasText = false
            var isAfterImage = false
            var child = sketch[item].first
            while child != 0 {
                switch sketch[child].kind {
                case .paragraph:
                    if isAfterImage { writeText(" ", Marks()) } else if hasText { writeBreak() }
                    writeRuns(of: child)
                    hasText = true
                    isAfterImage = false
                case .media:
                    if hasText { writeText(" ", Marks()) }
                    writeMediaLink(child)
                    hasText = true
                    isAfterImage = true
                default: break
                }
                child = sketch[child].next
            }
            endContent()
            writeNestedTasks(of: item, level: level)
            item = sketch[item].next
        }
    }

    private mutating func writeNestedTasks(of item: Int32, level: Int) {
        var child = sketch[item].first
        while child != 0 {
            if sketch[child].kind == .bulletList || sketch[child].kind == .orderedList, sketch[child].first != 0 {
                if level >= Self.listLevels {
                    var isFirst = false
                    writeTasks(of: child, level: level, &isFirst)
                } else {
                    json.append(UInt8(ascii: ","))
                    taskLists += 1
                    json.put(#"{"type":"taskList","attrs":{"localId":"task-list-"#)
                    json.put(taskLists)
                    json.put(#""},"content":["#)
                    var isFirst = true
                    writeTasks(of: child, level: level + 1, &isFirst)
                    json.put("]}")
                }
            }
            child = sketch[child].next
        }
    }
}

extension Sketch {
    /// Finds which lists could be task lists: all their items are tasks that hold lines only, and then such lists.
    mutating func findTaskLists() {
        guard nodes.contains(where: { $0.kind == .item && $0.task != .none }) else { return }
        for at in stride(from: Int32(nodes.count - 1), to: 0, by: -1) {  // children before their parents
            switch self[at].kind {
            case .item: self[at].isTaskLike = self[at].task != .none && holdsLinesOnly(at)
            case .bulletList, .orderedList:
                var item = self[at].first
                var isTaskLike = item != 0
                while item != 0, isTaskLike {
                    isTaskLike = self[item].isTaskLike
                    item = self[item].next
                }
                self[at].isTaskLike = isTaskLike
            default: break
            }
        }
    }

    private func holdsLinesOnly(_ item: Int32) -> Bool {
        var child = self[item].first
        var isAfterList = false
        while child != 0 {
            switch self[child].kind {
            case .nothing, .emptyParagraph: break
            case .paragraph, .media: if isAfterList { return false }
            case .bulletList, .orderedList:
                if self[child].first != 0, !self[child].isTaskLike { return false }
                isAfterList = true
            default: return false
            }
            child = self[child].next
        }
        return true
    }
}
