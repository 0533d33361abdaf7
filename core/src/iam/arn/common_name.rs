//! The common name of a thing that has an ARN.

use super::parsed::Arn;

/// Names that are not the last part of a resource: service, the text before the name, and the character that ends it.
const NAMES: [(&str, &str, Option<char>); 13] = [
    ("cloudformation", "changeSet/", Some('/')),
    ("cloudformation", "stack/", Some('/')),
    ("cloudformation", "stackset/", Some(':')),
    ("dynamodb", "table/", Some('/')),
    ("ecs", "task-definition/", None),
    ("lambda", "function:", Some(':')),
    ("lambda", "layer:", Some(':')),
    ("logs", "log-group:", Some(':')),
    ("s3", "", None),
    ("secretsmanager", "secret:", None),
    ("securityhub", "subscription/", None),
    ("sns", "", Some(':')),
    ("ssm", "parameter", None),
];

impl<'a> Arn<'a> {
    /// The common name of a resource of any service: its name, without a path, and without the parts below it.
    #[must_use]
    pub(crate) fn common_name(&self) -> &'a str {
        if self.service == "iam" {
            return self.name();
        }
        let known = NAMES.iter().find_map(|(service, before, end)| {
            let name = self.after(service, before)?;
            Some(end.map_or(name, |end| name.split(end).next().unwrap_or(name)))
        });
        known.unwrap_or_else(|| self.last_part())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(place: &str, resource: &str, want: &str) {
        let text = format!("arn:aws:{place}:111122223333:{resource}");
        assert_eq!(Arn::parse(&text).unwrap().common_name(), want, "{text}");
    }

    #[test]
    fn the_name_is_not_always_the_last_part() {
        check("iam:", "role/team/ingest", "ingest");
        check("logs:eu-west-1", "log-group:/app/pay:log-stream:", "/app/pay");
        check("logs:eu-west-1", "log-group:/app/pay:*", "/app/pay");
        check("cloudformation:eu-west-1", "stack/shop/5e1c2f10", "shop");
        check("dynamodb:eu-west-1", "table/orders/stream/2026-11-25T10:00:00.000", "orders");
        check("lambda:eu-west-1", "function:report:7", "report");
        check("ecs:eu-west-1", "task-definition/web:7", "web:7");
        check("sns:eu-west-1", "alarms:0f1e2d3c", "alarms");
        check("s3:", "logs/2026/a", "logs/2026/a");
        check("ssm:eu-west-1", "parameter/shop/key", "/shop/key");
        check("ec2:eu-west-1", "instance/i-0a1b", "i-0a1b");
        check("rds:eu-west-1", "db:orders", "orders");
    }
}
