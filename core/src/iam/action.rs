//! Actions as policies name them: `iam:PassRole`.

/// The service of an action and its name, which is empty if there is no colon: `("iam", "PassRole")`.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
#[must_use]
pub fn parts(action: &str) -> (&str, &str) {
    action.split_once(':').unwrap_or((action, ""))
}
