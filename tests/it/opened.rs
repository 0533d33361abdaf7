//! Whoever lets somebody use a resource is told so alike, whatever the resource: by everybody, by an outsider, and by the
//! own organization, for which nothing need be said.

use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use crate::support::call;
use crate::support::roles::{by_stack, last};

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
fn whoever_is_let_in_is_told_alike_whatever_the_resource() {
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
