//! What an engineer reads at night, in the alerts about several events in a row.

use serde_json::{Value, json};

use crate::support::{by, call, responses};

const SITE: &str = "accounts: {'111122223333': {name: shop, tags: {Environment: production}}}";
const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// The text of the alert about the last event.
pub(crate) fn text(site: &str, events: Vec<Value>) -> String {
    let last = responses(site, Vec::new(), events).pop().unwrap();
    last.alert.map(|alert| alert.to_text()).unwrap_or_default()
}

/// A part of an alert, from its title to the next blank line.
pub(crate) fn part(text: &str, title: &str) -> String {
    let from = text.find(&format!("\n{title}\n"));
    let rest = from.map(|from| &text[from + title.len() + 2..]).unwrap_or_default();
    rest.split("\n\n").next().unwrap_or_default().trim_end().to_owned()
}

#[track_caller]
fn allows(events: Vec<Value>, want: &str) {
    assert_eq!(part(&text(SITE, events), "What it allows"), want);
}

/// A policy that goes allows nothing any more.
#[test]
fn what_a_policy_taken_off_said_is_not_called_allowed() {
    let own = json!({"roleName": "r", "policyArn": "arn:aws:iam::111122223333:policy/team"});
    let inline = json!({"roleName": "r", "policyName": "team"});
    let unseen =
        "- what the removed policy may have forbidden, not known for certain: no event showed it";
    allows(vec![call("iam", "DetachRolePolicy", 1, own.clone())], unseen);
    allows(vec![call("iam", "DeleteRolePolicy", 1, inline)], unseen);
    let admin = json!({"roleName": "r", "policyArn": ADMIN});
    allows(vec![call("iam", "DetachRolePolicy", 1, admin)], "");
    let attached = text(SITE, vec![call("iam", "AttachRolePolicy", 1, own)]);
    assert_eq!(part(&attached, "What it allows"), "- not known for certain: no event showed it");
}

const FOREIGN: &str = "999988887777";

#[track_caller]
fn undo(event: Value, says: &[&str], not: &[&str]) {
    let text = text(SITE, vec![event]);
    let undo = part(&text, "Undo");
    assert!(says.iter().all(|says| undo.contains(says)), "{undo}\n{text}");
    assert!(!not.iter().any(|not| undo.contains(not)), "{undo}");
}

/// Nobody knows whether a policy of the name was there before: no command deletes it, and people read what decides.
#[test]
fn an_inline_policy_that_may_have_been_there_before_is_undone_by_hand() {
    let put = |allows: &str| {
        let document = json!({"Statement": {"Effect": "Allow", "Action": allows, "Resource": "*"}});
        let document = document.to_string();
        call(
            "iam",
            "PutUserPolicy",
            1,
            json!({"userName": "u", "policyName": "p", "policyDocument": document}),
        )
    };
    let by_hand = ["By hand (iam:PutUserPolicy)", "If no policy of this name was there before"];
    undo(put("iam:*"), &by_hand, &["delete-user-policy"]);
    undo(put("ec2:DescribeInstances"), &by_hand, &["delete-user-policy"]);
}

#[test]
fn a_resource_policy_that_no_command_restores_is_restored_by_hand() {
    let opened = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
        "Principal": {"AWS": format!("arn:aws:iam::{FOREIGN}:root")}}});
    let former = "The former policy stands in AWS Config";
    for (source, name, parameters) in [
        ("s3", "PutBucketPolicy", json!({"bucketName": "b", "bucketPolicy": opened})),
        (
            "secretsmanager",
            "PutResourcePolicy",
            json!({"secretId": "s", "resourcePolicy": opened.to_string()}),
        ),
        (
            "ecr",
            "SetRepositoryPolicy",
            json!({"repositoryName": "r", "policyText": opened.to_string()}),
        ),
    ] {
        let lead = format!("By hand ({source}:{name})");
        undo(call(source, name, 1, parameters), &[&lead, former], &["aws "]);
    }
}

#[test]
fn what_was_shared_can_be_taken_back() {
    let document = json!({"name": "boot", "permissionType": "Share", "accountIdsToAdd": [FOREIGN]});
    let command = "aws ssm modify-document-permission --name=boot --permission-type=Share --account-ids-to-remove=999988887777 --region=us-east-1";
    undo(call("ssm", "ModifyDocumentPermission", 1, document), &[command], &[]);
    let unit = format!("arn:aws:organizations::{FOREIGN}:ou/o-0a1b2c3d4e/ou-ab12-11111111");
    let image = json!({"imageId": "ami-0123456789abcdef0",
        "launchPermission": {"add": {"items": [{"organizationalUnitArn": unit}]}}});
    let command = format!("--operation-type=remove --organizational-unit-arns={unit}");
    undo(call("ec2", "ModifyImageAttribute", 1, image), &[&command], &[]);
    let console = json!({"EnableSerialConsoleAccessRequest": ""});
    let command = "aws ec2 disable-serial-console-access --region=us-east-1";
    undo(call("ec2", "EnableSerialConsoleAccess", 1, console), &[command], &[]);
    let url = json!({"functionName": "proxy", "authType": "NONE"});
    let command = "aws lambda delete-function-url-config --function-name=proxy --region=us-east-1";
    undo(call("lambda", "CreateFunctionUrlConfig20211031", 1, url), &["Final", command], &[]);
    // Two at once: which of them, a person decides.
    let both = json!({"name": "boot", "permissionType": "Share", "accountIdsToAdd": [FOREIGN, "444433332222"]});
    undo(
        call("ssm", "ModifyDocumentPermission", 1, both),
        &["By hand (ssm:ModifyDocumentPermission)"],
        &["aws "],
    );
}

/// Records of EKS hold the ARN of a path as the path had it, with `%3A`: the answer has it as it is.
#[test]
fn ways_into_clusters_and_machines_can_be_taken_back() {
    let answered = |mut record: Value, answer: Value| {
        record["responseElements"] = answer;
        record
    };
    let role = "arn:aws:iam::111122223333:role/team/support";
    let encoded = "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fteam%2Fsupport";
    let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
    let entry = call("eks", "CreateAccessEntry", 1, json!({"name": "shop", "principalArn": role}));
    let command = format!(
        "aws eks delete-access-entry --cluster-name=shop --principal-arn={role} --region=us-east-1"
    );
    undo(entry, &[&command, "the access policies"], &[]);
    let associate = json!({"name": "shop", "principalArn": encoded, "policyArn": policy,
        "accessScope": {"type": "cluster"}});
    let associate = call("eks", "AssociateAccessPolicy", 1, associate);
    // A name that is not an ARN stands in no command.
    let by_hand = ["By hand (eks:DisassociateAccessPolicy)"];
    undo(associate.clone(), &by_hand, &["aws eks"]);
    let answer = json!({"clusterName": "shop", "principalArn": role,
        "associatedAccessPolicy": {"policyArn": policy}});
    let command = format!(
        "aws eks disassociate-access-policy --cluster-name=shop --principal-arn={role} --policy-arn={policy} --region=us-east-1"
    );
    undo(answered(associate, answer), &[&command, "looks the same"], &[]);
    let update = json!({"name": "shop", "principalArn": encoded, "kubernetesGroups": ["admins"]});
    undo(
        call("eks", "UpdateAccessEntry", 1, update),
        &["By hand (eks:UpdateAccessEntry)"],
        &["aws eks"],
    );
    let pods =
        json!({"name": "shop", "namespace": "web", "serviceAccount": "cart", "roleArn": role});
    let pods = call("eks", "CreatePodIdentityAssociation", 1, pods);
    undo(pods.clone(), &["By hand (eks:DeletePodIdentityAssociation)"], &["aws eks"]);
    let answer =
        json!({"association": {"clusterName": "shop", "associationId": "a-1b2c3d4e5f6g7h8i9"}});
    let command = "aws eks delete-pod-identity-association --cluster-name=shop --association-id=a-1b2c3d4e5f6g7h8i9 --region=us-east-1";
    undo(answered(pods, answer), &[command, "Pods that run"], &[]);
    let activation = call("ssm", "CreateActivation", 1, json!({"iamRole": "hybrid"}));
    let answer = json!({"activationId": "0a1b2c3d-0000-4000-8000-0123456789ab"});
    let command = "aws ssm delete-activation --activation-id=0a1b2c3d-0000-4000-8000-0123456789ab --region=us-east-1";
    undo(answered(activation, answer), &[command, "Machines that have registered stay"], &[]);
    let alias =
        |name| call("iot", "CreateRoleAlias", 1, json!({"roleAlias": name, "roleArn": role}));
    let command = "aws iot delete-role-alias --role-alias=cams_1 --region=us-east-1";
    undo(alias("cams_1"), &[command, "go on until they end"], &[]);
    undo(alias("x; aws y"), &["By hand (iot:DeleteRoleAlias)"], &["aws iot"]);
}

/// No command is right for all of these: people read what holds the intruder back.
#[test]
fn sessions_and_new_roles_are_contained_by_hand() {
    let token = || call("sts", "GetFederationToken", 1, json!({"name": "x"}));
    let user = by(token(), crate::support::user("dana"));
    undo(
        user,
        &["By hand (iam:PutUserPolicy)", "a deny on the user who asked for them"],
        &["aws "],
    );
    // Root has no policies.
    let root = by(
        token(),
        json!({"type": "Root", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:root"}),
    );
    undo(root, &[], &["PutUserPolicy"]);
    let role = |principal: Value| {
        let trust = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}});
        call(
            "iam",
            "CreateRole",
            1,
            json!({"roleName": "r", "assumeRolePolicyDocument": trust.to_string()}),
        )
    };
    let isolate = ["By hand (iam:UpdateAssumeRolePolicy)", "Isolate it", "Do not delete it while"];
    undo(role(json!({"AWS": "arn:aws:iam::999988887777:root"})), &isolate, &["aws "]);
    undo(role(json!({"AWS": "*"})), &isolate, &["aws "]);
    undo(role(json!({"Service": "lambda.amazonaws.com"})), &[], &["UpdateAssumeRolePolicy"]);
}

#[test]
fn a_policy_of_the_organization_says_whether_denials_came_or_went() {
    let deny = |action: &str| {
        json!({"Statement": {"Effect": "Deny", "Action": action, "Resource": "*"}}).to_string()
    };
    let update = |minute: usize, content: String| {
        call(
            "organizations",
            "UpdatePolicy",
            minute,
            json!({"policyId": "p-1", "content": content}),
        )
    };
    let wide = update(2, deny("cloudtrail:*"));
    let allow =
        json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}).to_string();
    let text = |events: Vec<Value>| text(SITE, events);
    let unseen = text(vec![wide.clone()]);
    assert!(
        unseen.starts_with("HIGH") && unseen.contains("not known for certain: no event showed it"),
        "{unseen}"
    );
    let first = update(1, deny("cloudtrail:StopLogging"));
    let tighter = text(vec![first.clone(), wide.clone()]);
    assert!(
        tighter.starts_with("MEDIUM: Organization policy limits more than before"),
        "{tighter}"
    );
    assert!(tighter.contains("gone or narrower none, new or wider 1"), "{tighter}");
    let looser = text(vec![first, wide, update(3, allow)]);
    assert!(looser.starts_with("HIGH: Organization policy changed"), "{looser}");
    assert!(looser.contains("gone or narrower 1, new or wider none"), "{looser}");
}

/// An extortionist locks the owner out, also without the bypass of AWS's check.
#[test]
fn a_policy_that_leaves_only_a_stranger_is_called_a_lock_out() {
    let allow = |whom: &str, actions: &str| json!({"Effect": "Allow", "Action": actions, "Resource": "*", "Principal": {"AWS": whom}});
    let stranger = allow("arn:aws:iam::999988887777:root", "kms:*");
    let own = allow("arn:aws:iam::111122223333:root", "kms:*");
    let key = |name: &str, statements: Value| {
        let policy = json!({"Statement": statements}).to_string();
        text(SITE, vec![call("kms", name, 1, json!({"keyId": "0f1e", "policy": policy}))])
    };
    let title = "HIGH: Resource policy shuts its own account out";
    for name in ["PutKeyPolicy", "CreateKey"] {
        let alone = key(name, json!([stranger]));
        assert!(
            alone.starts_with(title) && alone.contains("nobody of this account may change"),
            "{alone}"
        );
        let beside = key(name, json!([own, stranger]));
        assert!(!beside.contains("shuts its own account out") && !beside.is_empty(), "{beside}");
    }
    let grant = json!({"keyId": "0f1e", "granteePrincipal": "arn:aws:iam::999988887777:root", "operations": ["Decrypt"]});
    let grant = text(SITE, vec![call("kms", "CreateGrant", 1, grant)]);
    assert!(!grant.contains("change its policy") && !grant.is_empty(), "{grant}");
    let deny = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*",
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::999988887777:user/x"}}});
    let bucket = json!({"bucketName": "b", "bucketPolicy": {"Statement": [deny]}});
    let bucket = text(SITE, vec![call("s3", "PutBucketPolicy", 1, bucket)]);
    assert!(bucket.starts_with(title) && bucket.contains("denies everything"), "{bucket}");
}

/// The engineer reads how many, and which word, without looking for the rule.
#[test]
fn a_burst_says_how_many_and_a_tool_says_its_word() {
    let names = [
        "CreateUser",
        "CreateRole",
        "CreateGroup",
        "CreatePolicy",
        "DeleteUser",
        "DeleteRole",
        "DeleteGroup",
        "DeletePolicy",
        "CreateInstanceProfile",
    ];
    let calls = names.iter().enumerate().map(|(minute, name)| {
        call(
            "iam",
            name,
            minute,
            json!({"userName": "u", "roleName": "r", "groupName": "g", "policyName": "p",
            "policyArn": "arn:aws:iam::111122223333:policy/p", "instanceProfileName": "i"}),
        )
    });
    let calls: Vec<Value> = calls.collect();
    let found =
        responses(SITE, Vec::new(), calls).into_iter().filter_map(|response| response.alert);
    let texts: Vec<String> = found.map(|alert| alert.to_text()).collect();
    // Beside a rule that says more of the call it makes nothing louder, and is no reason.
    let beside = texts.iter().find(|text| text.contains("\nmany-different-changes-burst"));
    let beside = beside.unwrap_or_else(|| panic!("{texts:#?}"));
    assert!(!beside.contains("different changes by the caller"), "{beside}");
    for text in &texts {
        let counts = text.contains("different changes by the caller within 10 minutes");
        let loudest = text.contains("- rule many-different-changes-burst says");
        assert_eq!(counts, loudest, "{text}");
    }
    let mut tool = call("sts", "GetCallerIdentity", 1, json!(null));
    tool["userAgent"] = json!("Boto3/1.9.89 Python/3.8.1 Linux/5.4.0-kali3-amd64 Pacu");
    let tool = text(SITE, vec![tool]);
    assert!(tool.contains("- the user agent has the word kali"), "{tool}");
}

/// The record of an assignment names the set alone: what it grants stands in earlier events.
#[test]
fn an_assigned_permission_set_is_said_with_what_it_grants() {
    let set = "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef";
    let instance = "arn:aws:sso:::instance/ssoins-0123456789abcdef";
    let sso = |name: &str, minute: usize, more: Value| {
        let mut parameters = json!({"instanceArn": instance, "permissionSetArn": set});
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call("sso", name, minute, parameters)
    };
    let mut made =
        call("sso", "CreatePermissionSet", 1, json!({"instanceArn": instance, "name": "Viewer"}));
    made["responseElements"] = json!({"permissionSet": {"permissionSetArn": set}});
    let attach = |policy: &str| {
        sso("AttachManagedPolicyToPermissionSet", 2, json!({"managedPolicyArn": policy}))
    };
    let assign = || {
        let mut assign = sso(
            "CreateAccountAssignment",
            9,
            json!({"targetId": "444455556666", "targetType": "AWS_ACCOUNT",
            "principalType": "USER", "principalId": "94482488-3041-7026-abcd-000000000001"}),
        );
        // By somebody else, so that it is no work of one hand.
        assign["userIdentity"] = crate::support::user("dana");
        assign
    };
    let admin = text(SITE, vec![made.clone(), attach(ADMIN), assign()]);
    assert!(admin.starts_with("HIGH: Permission set with far-reaching rights assigned"), "{admin}");
    let through = "- through permission set ps-0123456789abcdef: everything: administrator rights";
    assert_eq!(part(&admin, "What it allows"), through);
    let reads = text(
        SITE,
        vec![made.clone(), attach("arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"), assign()],
    );
    assert!(reads.starts_with("MEDIUM") && part(&reads, "What it allows").is_empty(), "{reads}");
    // A roll-out says it too, and is no louder for it: the change was an alert of its own.
    let rolled = |events: Vec<Value>| {
        let out =
            sso("ProvisionPermissionSet", 9, json!({"targetType": "ALL_PROVISIONED_ACCOUNTS"}));
        text(SITE, events.into_iter().chain([out]).collect())
    };
    let out = rolled(vec![made.clone(), attach(ADMIN)]);
    assert!(out.starts_with("LOW: Permission set rolled out to accounts"), "{out}");
    assert_eq!(part(&out, "What it allows"), through);
    // What a policy of the customer's says in each account, no event shows.
    let reference = sso(
        "AttachCustomerManagedPolicyReferenceToPermissionSet",
        2,
        json!({"customerManagedPolicyReference": {"name": "team", "path": "/"}}),
    );
    let by_reference = part(&rolled(vec![made.clone(), reference]), "What it allows");
    assert!(by_reference.contains("is not known"), "{by_reference}");
    let unseen = text(SITE, vec![assign()]);
    let unknown = "- what permission set ps-0123456789abcdef itself may do is not known: no event showed its policies";
    assert!(unseen.starts_with("MEDIUM"), "{unseen}");
    assert_eq!(part(&unseen, "What it allows"), unknown);
}

/// At night nobody is expected to hand out rights in a cluster either; a pipeline that is listed works at any hour.
#[test]
fn clusters_are_as_loud_by_night_as_iam_and_listed_pipelines_no_louder_than_by_day() {
    const PIPELINE: &str = "arn:aws:iam::111122223333:role/ci/builder";
    let site = |listed: &str| {
        format!(
            "accounts: {{'111122223333': {{name: shop, tags: {{Environment: production}}}}}}\npipelines: [{listed}]"
        )
    };
    let at = |mut record: Value, hour: &str| {
        record["eventTime"] = json!(format!("2026-11-24T{hour}:00:00Z"));
        record
    };
    let role = "arn:aws:iam::111122223333:role/support";
    let entry =
        || call("eks", "CreateAccessEntry", 1, json!({"name": "shop", "principalArn": role}));
    let pods = || {
        let pods =
            json!({"name": "shop", "namespace": "web", "serviceAccount": "cart", "roleArn": role});
        call("eks", "CreatePodIdentityAssociation", 1, pods)
    };
    let attach =
        || call("iam", "AttachRolePolicy", 1, json!({"roleName": "r", "policyArn": ADMIN}));
    let (unlisted, listed) = (site(""), site(PIPELINE));
    for (record, day, night, of_pipeline) in [
        (entry(), "MEDIUM", "HIGH", "MEDIUM"),
        (pods(), "MEDIUM", "HIGH", "LOW"),
        (attach(), "HIGH", "CRITICAL", "HIGH"),
    ] {
        let is = |site: &str, hour: &str, want: &str| {
            let text = text(site, vec![at(record.clone(), hour)]);
            assert!(text.starts_with(want), "{hour} {text}");
            text
        };
        is(&unlisted, "12", day);
        is(&unlisted, "02", night);
        is(&listed, "12", of_pipeline);
        let text = is(&listed, "02", of_pipeline);
        assert!(text.contains("a pipeline that you list works too"), "{text}");
    }
    // A name alone lists nobody.
    let other = by(entry(), crate::support::session("arn:aws:iam::111122223333:role/builder"));
    assert!(text(&listed, vec![at(other, "02")]).starts_with("HIGH"));
}
