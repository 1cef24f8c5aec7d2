/// A mistake or a fault that a command tells a person in words that are complete.
package struct CommandFault: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
