//! Tables of DynamoDB.

use crate::text::checked::checked;

checked! {
    /// Name or ARN of a table: a word of 3 to 1,024 ASCII letters, digits and `_.-:/` that begins with a letter or
    /// digit. AWS also accepts a name that begins with a dash, but a command would read that as an option.
    ///
    /// Source: the model `dynamodb` of botocore, `TableName` and `TableArn`
    TableName: is_table;
}

fn is_table(name: &str) -> bool {
    (3..=1_024).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-:/".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_name_or_an_arn() {
        let arn = "arn:aws-cn:dynamodb:cn-north-1:111122223333:table/state";
        for name in ["state", "iam-responder-StateTable_1.x", arn] {
            assert_eq!(TableName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "ab", "-state", "a b c", "state;id", "$(id)", &"x".repeat(1_025)] {
            assert_eq!(TableName::parse(name), None, "{name}");
        }
    }
}
