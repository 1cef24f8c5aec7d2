import ArgumentParser

/// The option that all commands have whose answer a machine may read.
package struct OutputOptions: ParsableArguments {
    @Flag(help: "Answer with one line of JSON.")
    package var json = false

    package init() {}
}
