import ADF
import Foundation

// What this program does by its first argument; no argument: the benchmark.
switch CommandLine.arguments.dropFirst().first {
case "lines": try convertLines()
case "hostile": try runHostile(only: CommandLine.arguments.dropFirst(2).first)
case "fuzz": try fuzz(arguments: Array(CommandLine.arguments.dropFirst(2)))
case "amplify": try amplify(arguments: Array(CommandLine.arguments.dropFirst(2)))
case let path: try benchmark(corpus: path)
}
