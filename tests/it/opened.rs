//! Opening a resource raises the same alert for every kind of resource: opened to everybody, or to an outsider. Opening
//! it to the own organization raises none.

use iam_responder::assess::engine::Engine;
use iam_responder::pack::PACK;
use iam_responder::review::bus::{BusRules, DeployedBusRules, Names};
use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use crate::support::roles::last;
use crate::support::{call, delivered};

const SITE: &str = "organization: o-4k2p9x0a7h\naccounts: {'111122223333': {name: lab}, '444455556666': {name: shop}}";
const OUTSIDER: &str = "999988887777";

struct Row {
    call: &'static str,
    parameters: &'static str,
    everybody: &'static str,
    organization: &'static str,
    /// By everybody, an outsider, and the organization.
    want: [&'static str; 3],
}

fn rows() -> Vec<Row> {
    let lines = include_str!("opened/calls.tsv").lines().filter(|line| !line.starts_with('#'));
    let row = |line: &'static str| match line.split('\t').collect::<Vec<_>>()[..] {
        [call, parameters, everybody, organization, anyone, outsider, own] => {
            Row { call, parameters, everybody, organization, want: [anyone, outsider, own] }
        }
        _ => panic!("not seven columns: {line}"),
    };
    lines.map(row).collect()
}

impl Row {
    fn is_document(&self) -> bool {
        self.everybody == "DOCUMENT"
    }

    /// The parameters that let in everybody, an outsider, and the organization; none where the call cannot.
    fn parameters(&self) -> [Option<Value>; 3] {
        let parameters = |text: String| Some(serde_json::from_str(&text).unwrap());
        if self.is_document() {
            let star = json!({"AWS": "*"});
            let outsider = json!({"AWS": format!("arn:aws:iam::{OUTSIDER}:root")});
            let own = json!({"StringEquals": {"aws:PrincipalOrgID": "o-4k2p9x0a7h"}});
            return [(&star, json!({})), (&outsider, json!({})), (&star, own)].map(|(who, when)| {
                let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": who,
                    "Action": "*", "Resource": "*", "Condition": when}]})
                .to_string();
                let text = self.parameters.replace("\"OBJECT\"", &document);
                parameters(text.replace("\"DOCUMENT\"", &Value::from(document).to_string()))
            });
        }
        [self.everybody, self.outsider(), self.organization].map(|name| match name {
            "-" => None,
            name => parameters(self.parameters.replace("WHOM", name)),
        })
    }

    /// Where the call takes accounts.
    fn outsider(&self) -> &'static str {
        let takes_accounts = self.everybody == "*" || self.organization == "444455556666";
        if takes_accounts || self.call.starts_with("ram:") { OUTSIDER } else { "-" }
    }

    fn found(&self) -> [&'static str; 3] {
        let (source, name) = self.call.split_once(':').unwrap();
        self.parameters().map(|parameters| match parameters {
            None => "-",
            Some(parameters) => match last(SITE, Vec::new(), call(source, name, 1, parameters)) {
                None => ".",
                Some(Severity::Informational) => "i",
                Some(Severity::Low) => "l",
                Some(Severity::Medium) => "m",
                Some(Severity::High) => "h",
                Some(Severity::Critical) => "c",
            },
        })
    }
}

#[test]
fn what_raises_an_alert_is_delivered() {
    let engine = Engine::packed(&PACK).unwrap();
    let bus_rules = BusRules::of(engine.rules().rules()).unwrap();
    let deployed = DeployedBusRules::new(&bus_rules, &Names::longest()).unwrap();
    for row in rows() {
        let (source, name) = row.call.split_once(':').unwrap();
        for (parameters, want) in row.parameters().into_iter().zip(row.want) {
            let event = delivered(call(source, name, 1, parameters.unwrap_or_default()));
            let taken = !deployed.taken(&event, false).is_empty();
            assert!(taken || ["-", "."].contains(&want), "{}: {event} is not delivered", row.call);
        }
    }
}

#[test]
fn the_same_guest_is_judged_alike_at_every_resource() {
    let mut wrong = Vec::new();
    for row in rows() {
        let found = row.found();
        if found != row.want {
            let given = [row.call, row.parameters, row.everybody, row.organization];
            wrong.push([&given[..], &found[..]].concat().join("\t"));
        }
    }
    assert!(wrong.is_empty(), "found, where the table says otherwise:\n{}", wrong.join("\n"));
}
