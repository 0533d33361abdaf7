//! The command line: reads files, clock and environment, and prints what the library says.

#![expect(clippy::disallowed_methods, reason = "the binaries read clock and environment")]

mod bus_rules;
mod check;
mod coverage;
mod deployment;
mod exit;
mod explain;
mod feedback;
mod files;
mod ledger;
mod options;
mod paint;
mod respond;
mod schema;
mod skipped;
mod test;
mod undo;
mod unreadable;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::{Exit, Failure};
use options::Global;

/// Watches every change to who may do what in an AWS account.
///
/// Exit status: 0 done and nothing found, 1 not done, 2 wrong usage, 3 rules broken, 10 findings. README.md says what
/// each command finds.
#[derive(Debug, Parser)]
#[command(name = "iam-responder", version, max_term_width = 80)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// What would be sent where for these events: the main job
    Respond(respond::Arguments),
    /// How a change is undone: the commands, what they need, and what takes them back
    ///
    /// Also where no rule asks for it. Earlier events, in every form that `respond` reads, show what was there before.
    Undo(undo::Arguments),
    /// Why each rule did or did not match an event
    Explain(explain::Arguments),
    /// Run the rules' own tests
    Test(test::Arguments),
    /// Look for mistakes in rules and site file, and for rules that EventBridge does not serve
    Check(check::Arguments),
    /// Write what EventBridge must deliver for the enabled rules, as CloudFormation
    ///
    /// The bus rules are named by the template's parameter NamePrefix, or by --name where it is given. A rule of which
    /// something cannot be delivered is refused, with its field.
    BusRules(bus_rules::Arguments),
    /// Which calls and ATT&CK techniques the rules cover, the gaps, and what is delivered
    Coverage(coverage::Arguments),
    /// Say what an alert was: acknowledges it, and counts
    Verdict(feedback::VerdictArguments),
    /// False positives, time to acknowledge, unacknowledged alerts
    Stats(feedback::StatsArguments),
    /// What was in force before events: fill the table from the account
    #[command(subcommand)]
    Ledger(ledger::Verb),
    /// Print the JSON Schema of a rule or of the site file, for editors
    Schema(schema::Arguments),
}

fn main() -> ExitCode {
    let Cli { global, verb } = Cli::parse();
    let result = match verb {
        Verb::Respond(arguments) => respond::run(&global, &arguments),
        Verb::Undo(arguments) => undo::run(&global, &arguments),
        Verb::Explain(arguments) => explain::run(&global, &arguments),
        Verb::Test(arguments) => test::run(&global, &arguments),
        Verb::Check(arguments) => check::run(&global, &arguments),
        Verb::BusRules(arguments) => bus_rules::run(&global, &arguments),
        Verb::Coverage(arguments) => coverage::run(&global, &arguments),
        Verb::Verdict(arguments) => feedback::verdict(&global, &arguments),
        Verb::Stats(arguments) => feedback::stats(&global, &arguments),
        Verb::Ledger(ledger::Verb::Seed(arguments)) => ledger::seed(&global, &arguments),
        Verb::Schema(arguments) => schema::run(&arguments),
    };
    result.unwrap_or_else(Failure::printed).into()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
