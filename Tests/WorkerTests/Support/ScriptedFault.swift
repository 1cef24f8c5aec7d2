import JiraSimulator

/// What goes wrong at the simulated Jira; ``Fault`` alone is what people are told.
typealias ScriptedFault = Fault
