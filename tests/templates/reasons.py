"""Exceptions of the checks, each with its reason."""

# Why a statement names every resource, by logical name and Sid.
EVERY_RESOURCE = {
    (
        "TopicPolicy",
        "FunctionPublishes",
    ): "one policy for five topics; in the policy of a topic, * is that topic",
    ("TopicPolicy", "NobodyElsePublishes"): "as above",
    ("TopicPolicy", "NobodyPublishesInClear"): "as above",
    ("Key", "OwnerManages"): "in the policy of a key, * is that key, which has no ARN before it is made",
    ("Key", "BusRulesWriteDeadLetters"): "as above",
    ("Key", "SnsAndSqsHandOn"): "as above",
    ("Key", "LogsEncrypt"): "as above",
    ("Key", "OperatorsUseTableAndQueues"): "as above",
    ("Key", "SeedersUseTable"): "as above",
    (
        "StateTable",
        "OperatorsJudgeAlerts",
    ): "in the policy of a table, * is that table; its ARN would be circular",
    ("StateTable", "SeedersFillRegisters"): "as above",
    ("StateTable", "NobodyElseWrites"): "as above",
    ("StateTable", "NobodyElseUpdates"): "as above",
    ("StateTable", "OperatorsJudgeOnly"): "as above",
    ("StateTable", "SeedersFillRegistersOnly"): "as above",
    ("StateTable", "NobodyWritesInClear"): "as above",
    ("FunctionRole", "AskChangeCalendarsOfTheSiteFile"): "the site file may name calendars of other accounts",
    (
        "FunctionRole",
        "LookUpAccounts",
    ): "the accounts are those of the events",
    ("FunctionRole", "LookUpTheCallersLastHour"): "LookupEvents knows no resource",
}
