//! Tables of DynamoDB.

/// Name or ARN of a table.
///
/// Source: the model `dynamodb` of botocore, `TableName` and `TableArn`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName(String);

impl TableName {
    /// Nothing where it is no word of 3 to 1,024 ASCII letters, digits and `_.-`, in an ARN `:/` too, that begins with a
    /// letter or digit. One that begins otherwise, as AWS lets it, would be taken for an option of a command.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let is_one = (3..=1_024).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-:/".contains(c));
        is_one.then(|| Self(name.to_owned()))
    }

    /// As AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
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
