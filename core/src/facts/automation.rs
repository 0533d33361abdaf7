//! Whether known automation made a call.

use crate::event::{Event, invoked_by, session_role};
use crate::site::Site;
use crate::vocabulary::Automation;

/// The automation behind a call. A role counts by its ARN with its path, as AWS writes the issuer of the session: its name
/// alone may belong to another account's.
#[must_use]
pub(super) fn automation(event: &Event, site: &Site) -> Option<Automation> {
    if invoked_by(event) == Some("cloudformation.amazonaws.com") {
        return Some(Automation::CloudFormation);
    }
    site.is_pipeline(session_role(event)?).then_some(Automation::Pipeline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::calendar::IcsFiles;
    use crate::text::yaml::YamlDocument;

    #[track_caller]
    fn check(identity: &str, want: Option<Automation>) {
        let site = "pipelines: ['arn:aws:iam::111122223333:role/ci/deploy']\n";
        let document = YamlDocument::parse_all("site.yaml", site).unwrap().remove(0);
        let site = Site::load(None, Some(&document), &IcsFiles::new(), &[]).unwrap();
        let event = format!(r#"{{"eventName":"X","userIdentity":{identity}}}"#);
        assert_eq!(automation(&Event::parse(&event).unwrap(), &site), want, "{identity}");
    }

    fn session(role: &str) -> String {
        format!(
            r#"{{"type":"AssumedRole","sessionContext":{{"sessionIssuer":{{"type":"Role","arn":"{role}"}}}}}}"#
        )
    }

    #[test]
    fn a_pipeline_is_a_role_with_its_path_and_account() {
        check(&session("arn:aws:iam::111122223333:role/ci/deploy"), Some(Automation::Pipeline));
        for other in [
            "arn:aws:iam::111122223333:role/deploy",
            "arn:aws:iam::444455556666:role/ci/deploy",
            "arn:aws:iam::111122223333:role/ci/deploy2",
            "arn:aws:iam::111122223333:role/x:role/ci/deploy",
        ] {
            check(&session(other), None);
        }
        // Without its issuer a session does not hold the path of its role.
        check(
            r#"{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/deploy/x"}"#,
            None,
        );
    }

    #[test]
    fn a_stack_is_known_by_what_aws_writes() {
        let stack =
            r#"{"type":"IAMUser","userName":"bob","invokedBy":"cloudformation.amazonaws.com"}"#;
        check(stack, Some(Automation::CloudFormation));
        for other in ["AWS Internal", "cloudformation.amazonaws.com.example.com"] {
            check(&format!(r#"{{"type":"IAMUser","invokedBy":"{other}"}}"#), None);
        }
    }
}
