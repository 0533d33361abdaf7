//! Of what is shared with other accounts, and of roles of instances.
//!
//! Source: the models `ec2`, `rds`, `ram` and `ssm` of botocore, unless a type names another.

use super::form::{Place, arn, below, is_name_char, is_of, is_small_hex, is_uuid};
use super::value::{Argument, Value, choices, texts};
use crate::iam::account;
use crate::plan::guard::Guard;

/// Hexadecimal digits in an ID of EC2: of the older form, and of the one since 2016.
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html>
const ID_CHARS: [usize; 2] = [8, 17];

texts! {
    /// ID of a snapshot of a disk.
    SnapshotId: |text| is_id(text, "snap-"), UnsafeValue;
    /// ID of an image of machines.
    ImageId: |text| is_id(text, "ami-"), UnsafeValue;
    /// ID of an image of FPGAs.
    FpgaImageId: |text| is_id(text, "afi-"), UnsafeValue;
    /// ID of the association of an instance profile with an instance.
    AssociationId: |text| is_id(text, "iip-assoc-"), UnsafeValue;
    /// Name of a snapshot of a database that somebody made: what RDS makes of itself has a colon in its name, and cannot be shared.
    /// Source: `CreateDBSnapshotMessage`, in words
    DatabaseSnapshotName: is_snapshot_name, UnsafeValue;
    /// ARN of an organization.
    OrganizationArn: |text| is_of_organization(text, "organization"), UnsafeValue;
    /// ARN of an organizational unit.
    OrganizationalUnitArn: |text| is_of_organization(text, "ou"), UnsafeValue;
    /// ARN of a share of the Resource Access Manager.
    /// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsresourceaccessmanagerram.html>
    ResourceShareArn: is_share, UnsafeValue;
    /// Whom a share lets in: an account, an organization or a unit of one, a role or a user.
    /// Source: `CreateResourceShareRequest` of the model `ram`, in words
    ShareMember: is_share_member, UnsafeValue;
    /// Name or ARN of a document of Systems Manager.
    /// Source: `DocumentName` and `DocumentARN` of the model `ssm`
    DocumentName: |text| is_of(text, 3..=450, |c| is_name_char(c) || matches!(c, ':' | '/')), UnsafeValue;
    /// Name of a parameter of Systems Manager, with the path it is in.
    /// Source: `PutParameterRequest` of the model `ssm`, in words
    ParameterName: |text| is_of(text, 1..=1_011, |c| is_name_char(c) || c == '/'), UnsafeValue;
    /// Everybody who has an AWS account, or one account.
    /// Source: `AccountId` of the model `ssm`
    DocumentSharedWith: |text| text.eq_ignore_ascii_case("all") || account::is_id(text), UnsafeValue;
    /// Everybody who has an AWS account, or one account.
    /// Source: `ModifyDBSnapshotAttributeMessage`, in words
    SharedWith: |text| text == "all" || account::is_id(text), UnsafeValue;
}

choices! {
    /// What says who may use a snapshot or an image.
    /// Source: `SnapshotAttributeName`, `FpgaImageAttributeName` and, of images, `ModifyImageAttributeRequest` in words
    SharingAttribute {
        /// Of snapshots.
        CreateVolumePermission = "createVolumePermission",
        /// Of images.
        LaunchPermission = "launchPermission",
        /// Of images of FPGAs.
        LoadPermission = "loadPermission",
    }
    /// A group of EC2.
    /// Source: `PermissionGroup`
    Everyone {
        /// Everybody who has an AWS account.
        All = "all",
    }
    /// What may be done with a document of Systems Manager.
    /// Source: `DocumentPermissionType` of the model `ssm`
    DocumentPermission {
        /// The only one.
        Share = "Share",
    }
    /// What says who may restore the snapshot of a database.
    /// Source: `ModifyDBSnapshotAttributeMessage`, in words
    DatabaseSharingAttribute {
        /// The only one.
        Restore = "restore",
    }
}

/// What is done to it.
/// Source: `OperationType`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharingChange {
    /// Somebody may no longer.
    Remove,
    /// Somebody may. Only what takes an undo back does that, and no undo is read so.
    Add,
}

impl Argument for SharingChange {
    fn read(value: Result<&str, Guard>) -> Result<Self, Guard> {
        match value? {
            "remove" => Ok(Self::Remove),
            _ => Err(Guard::UnsafeValue),
        }
    }

    fn value(&self) -> Value<'_> {
        Value::Text(match self {
            Self::Remove => "remove",
            Self::Add => "add",
        })
    }
}

fn is_id(text: &str, start: &str) -> bool {
    let is_one = |id: &str| ID_CHARS.contains(&id.len()) && id.chars().all(is_small_hex);
    text.strip_prefix(start).is_some_and(is_one)
}

fn is_of_organization(text: &str, kind: &str) -> bool {
    arn(text, "organizations", Place::Account)
        .is_some_and(|arn| arn.organization().is_some() && arn.below(kind).is_some())
        && is_of(text, 1..=256, |c| is_name_char(c) || matches!(c, ':' | '/'))
}

fn is_share(text: &str) -> bool {
    below(text, ("ram", Place::Regional), "resource-share").is_some_and(is_uuid)
}

fn is_share_member(text: &str) -> bool {
    let is_identity = || {
        let arn = arn(text, "iam", Place::Account);
        arn.is_some_and(|arn| arn.below("role").or(arn.below("user")).is_some())
    };
    let is_of_one = || ["organization", "ou"].iter().any(|kind| is_of_organization(text, kind));
    account::is_id(text) || is_of_one() || is_identity()
}

fn is_snapshot_name(text: &str) -> bool {
    is_of(text, 1..=255, |c| c.is_ascii_alphanumeric() || c == '-')
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::argument::value::check;

    const GUARD: Guard = Guard::UnsafeValue;

    #[test]
    fn an_id_has_its_kind_and_hexadecimal_digits() {
        let refused =
            ["", "snap-", "snap-0123456", "snap-0123456G", "snap-01234567 ", "ami-01234567"];
        check::<SnapshotId>(&["snap-0123456789abcdef0", "snap-0f1e2d3c"], &refused, GUARD);
        check::<ImageId>(&["ami-0123456789abcdef0"], &["snap-01234567", "x"], GUARD);
        check::<FpgaImageId>(&["afi-0123456789abcdef0"], &["ami-01234567"], GUARD);
        check::<AssociationId>(&["iip-assoc-0123456789abcdef0"], &["iip-assoc-x"], GUARD);
    }

    #[test]
    fn snapshots_of_databases_are_shared_with_all_or_one() {
        let refused = ["", "1a", "a b", "rds:orders-2026", "a_b", "-a"];
        check::<DatabaseSnapshotName>(&["orders-1", "A"], &refused, GUARD);
        check::<SharedWith>(&["all", "999988887777"], &["All", "*", "9999", ""], GUARD);
    }

    #[test]
    fn organizations_and_shares_are_named_by_their_arns() {
        let all = "arn:aws:organizations::111122223333:organization/o-exampleorgid";
        let unit = "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-11111111";
        let share = "arn:aws:ram:eu-west-1:111122223333:resource-share/0a1b2c3d-0000-4000-8000-0123456789ab";
        let role = "arn:aws:iam::999988887777:role/x";
        check::<OrganizationArn>(&[all], &["o-exampleorgid", unit, role, ""], GUARD);
        check::<OrganizationalUnitArn>(&[unit], &["ou-ab12-11111111", all, &all[..40]], GUARD);
        check::<ResourceShareArn>(&[share], &["x", &share[..60], role], GUARD);
        let refused = ["", "9999", "arn:aws:iam::999988887777:group/x", "service.amazonaws.com"];
        check::<ShareMember>(&["999988887777", all, unit, role], &refused, GUARD);
    }

    #[test]
    fn documents_are_shared_with_all_or_one() {
        check::<ParameterName>(
            &["/shop/db/password", "a.b_c"],
            &["", "a b", "a;b", "arn:x"],
            GUARD,
        );
        check::<DocumentName>(&["prod-bootstrap", "a.b_c"], &["", "ab", "a b", "a;b"], GUARD);
        check::<DocumentSharedWith>(&["All", "all", "999988887777"], &["", "*", "9999"], GUARD);
        assert_eq!(DocumentPermission::read(Ok("Own")), Err(GUARD));
    }

    #[test]
    fn nothing_is_ever_shared_by_a_step() {
        assert_eq!(SharingChange::read(Ok("add")), Err(GUARD));
        assert_eq!(Everyone::read(Ok("all")).unwrap().value(), Value::Text("all"));
        assert_eq!(DatabaseSharingAttribute::read(Ok("x")), Err(GUARD));
        assert_eq!(SharingAttribute::read(Ok("productCodes")), Err(GUARD));
    }
}
