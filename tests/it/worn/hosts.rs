//! Who controls a machine that runs containers has the roles of all of them.

use super::*;
use crate::support::roles::worker_of;

const HOST: &str = "arn:aws:iam::111122223333:instance-profile/host";
const ECS: &str = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role";
const EKS: &str = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy";

/// A container's role with this policy that lets in whom the principal says, and the role of a machine.
fn roles(principal: &Value, policy: &str, of_host: &str) -> Vec<Value> {
    let trust = |principal: &Value| {
        let statement =
            json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal});
        json!({"Statement": statement}).to_string()
    };
    let role = |name: &str, principal: &Value| json!({"roleName": name, "assumeRolePolicyDocument": trust(principal)});
    let attached = |name: &str, policy: &str| json!({"roleName": name, "policyArn": policy});
    let ec2 = json!({"Service": "ec2.amazonaws.com"});
    vec![
        call("iam", "CreateRole", 1, role("Task", principal)),
        call("iam", "AttachRolePolicy", 2, attached("Task", policy)),
        call("iam", "CreateRole", 1, role("host", &ec2)),
        call("iam", "AttachRolePolicy", 2, attached("host", of_host)),
        call("iam", "CreateInstanceProfile", 1, json!({"instanceProfileName": "host"})),
        call(
            "iam",
            "AddRoleToInstanceProfile",
            3,
            json!({"instanceProfileName": "host", "roleName": "host"}),
        ),
    ]
}

fn tasks() -> Value {
    json!({"Service": "ecs-tasks.amazonaws.com"})
}

/// A machine of that role. The group that created it says its ID, or nothing does.
fn machine(id: Option<&str>) -> Value {
    let profile = json!({"iamInstanceProfile": {"arn": HOST}});
    let answer = id.map(|id| json!({"instancesSet": {"items": [{"instanceId": id}]}}));
    made("ec2", "RunInstances", profile, answer.unwrap_or_default())
}

fn session(minute: usize) -> Value {
    by_other(call("ssm", "StartSession", minute, json!({"target": "i-0a"})), "other")
}

#[test]
fn a_session_on_a_host_has_the_roles_of_its_containers() {
    let own = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC";
    for (principal, of_host) in [
        (tasks(), ECS),
        (json!({"Service": "pods.eks.amazonaws.com"}), EKS),
        (json!({"Federated": own}), EKS),
    ] {
        for id in [Some("i-0a"), None] {
            let before = |policy| [roles(&principal, policy, of_host), vec![machine(id)]].concat();
            loud([before(ADMIN), vec![session(20)]].concat());
            quiet([before(ADMIN), vec![session(20), session(30)]].concat());
            quiet([before(READS), vec![session(20)]].concat());
        }
    }
    // The role of another machine, and a role that containers cannot wear.
    quiet([roles(&tasks(), ADMIN, READS), vec![machine(Some("i-0a")), session(20)]].concat());
    let functions = json!({"Service": "lambda.amazonaws.com"});
    quiet([roles(&functions, ADMIN, ECS), vec![machine(Some("i-0a")), session(20)]].concat());
}

#[test]
fn a_container_that_came_to_more_since_is_news() {
    let attached = json!({"roleName": "Task", "policyArn": ADMIN});
    let grown = call("iam", "AttachRolePolicy", 25, attached);
    let events = |more: Vec<Value>| {
        let machine = machine(Some("i-0a"));
        [roles(&tasks(), READS, ECS), vec![machine, session(20)], more, vec![session(30)]].concat()
    };
    quiet(events(Vec::new()));
    loud(events(vec![grown]));
}

#[test]
fn a_new_host_is_a_way_to_the_containers() {
    let task = made(
        "ecs",
        "RegisterTaskDefinition",
        json!({"family": "web", "taskRoleArn": "arn:aws:iam::111122223333:role/Task"}),
        json!({}),
    );
    let register = |minute| {
        by_other(call("ecs", "RegisterContainerInstance", minute, json!({"cluster": "c"})), "other")
    };
    let before = |policy| [roles(&tasks(), policy, ECS), vec![task.clone()]].concat();
    loud([before(ADMIN), vec![register(20)]].concat());
    quiet([before(ADMIN), vec![register(20), register(30)]].concat());
    quiet([before(READS), vec![register(20)]].concat());
    let run = |minute| {
        let profile = json!({"iamInstanceProfile": {"arn": HOST}});
        by_other(call("ec2", "RunInstances", minute, profile), "other")
    };
    loud([before(ADMIN), vec![run(20)]].concat());
    quiet([before(ADMIN), vec![run(20), run(30)]].concat());
    quiet([before(READS), vec![run(20)]].concat());
}

#[test]
fn what_was_done_to_some_is_no_habit_with_others() {
    let command = |minute, tag: &str| {
        let targets = json!({"targets": [{"key": "tag:role", "values": [tag]}]});
        by_other(call("ssm", "SendCommand", minute, targets), "other")
    };
    let before = || [worker_of("ec2.amazonaws.com", ADMIN), vec![command(20, "web")]].concat();
    quiet([before(), vec![command(30, "web")]].concat());
    loud([before(), vec![command(30, "ops")]].concat());
    let shell = |minute, cluster: &str| {
        let task = json!({"cluster": cluster, "task": "0a1b", "container": "app"});
        by_other(call("ecs", "ExecuteCommand", minute, task), "other")
    };
    let before = || [worker_of("ecs-tasks.amazonaws.com", ADMIN), vec![shell(20, "web")]].concat();
    quiet([before(), vec![shell(30, "web")]].concat());
    loud([before(), vec![shell(30, "ops")]].concat());
    // By their IDs they are known, each with its role.
    let known = machine(Some("i-0b"));
    let by_id = |minute, id: &str| {
        let targets = json!({"targets": [{"key": "InstanceIds", "values": [id]}]});
        by_other(call("ssm", "SendCommand", minute, targets), "other")
    };
    let weak = || [roles(&tasks(), READS, READS), vec![known.clone()]].concat();
    quiet([weak(), vec![by_id(20, "i-0b")]].concat());
}
