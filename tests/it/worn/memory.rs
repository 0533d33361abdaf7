//! Stored roles of things: naming a weaker role later removes no role.

use super::*;

pub(super) const LOW: &str = "arn:aws:iam::111122223333:role/low";

/// Is the work of a third caller alerted, after all these?
#[track_caller]
pub(super) fn check_loud(
    given: &[Value],
    (source, name, parameters): (&str, &str, Value),
    loud: bool,
) {
    let mut before = worker(ADMIN);
    for (number, event) in given.iter().enumerate() {
        let mut event = event.clone();
        event["eventTime"] = json!(format!("2026-11-24T12:{:02}:00Z", 5 + number));
        event["eventID"] = json!(format!("given-{number}"));
        before.push(event);
    }
    let said = format!("{source} {name} {parameters}");
    let severity = last(QUIET, before, by_other(call(source, name, 30, parameters), "third"));
    let fits = match loud {
        true => severity >= Some(Severity::Medium),
        false => severity <= Some(Severity::Informational),
    };
    assert!(fits, "{said}: {severity:?} after {given:#?}");
}

#[test]
fn a_stack_has_the_role_of_its_change_set() {
    let stack = |name: &str, more: Value| {
        let mut parameters = json!({"stackName": "s"});
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        made("cloudformation", name, parameters, json!({}))
    };
    let change = |sort: &str, role: &str| {
        stack(
            "CreateChangeSet",
            json!({"changeSetType": sort, "changeSetName": "c", "roleARN": role}),
        )
    };
    let update = || ("cloudformation", "UpdateStack", json!({"stackName": "s"}));
    for before in [
        vec![],
        vec![stack("CreateStack", json!({}))],
        vec![stack("CreateStack", json!({"roleARN": LOW}))],
    ] {
        for sort in ["UPDATE", "IMPORT", "CREATE"] {
            check_loud(&[before.clone(), vec![change(sort, ROLE)]].concat(), update(), true);
        }
        check_loud(&[before, vec![change("UPDATE", LOW)]].concat(), update(), false);
    }
    // One that somebody else proposes without a role takes none away.
    let bare = stack("CreateChangeSet", json!({"changeSetType": "CREATE", "changeSetName": "d"}));
    check_loud(&[change("CREATE", ROLE), bare], update(), true);
    for name in ["RollbackStack", "ContinueUpdateRollback"] {
        check_loud(&[stack(name, json!({"roleARN": ROLE}))], update(), true);
        check_loud(&[stack(name, json!({"roleARN": LOW}))], update(), false);
        // Going back to the former value is not new work.
        let given = [stack("CreateStack", json!({"roleARN": ROLE}))];
        check_loud(&given, ("cloudformation", name, json!({"stackName": "s"})), false);
    }
    let other = ("cloudformation", "UpdateStack", json!({"stackName": "t"}));
    check_loud(&[change("UPDATE", ROLE)], other, false);
    // Who proposed it was in an alert then, and so was who works with it once more.
    let change = change("UPDATE", ROLE);
    let by_third = |event: &Value| by_other(event.clone(), "third");
    check_loud(&[by_third(&change)], update(), false);
    let again = call("cloudformation", "UpdateStack", 9, json!({"stackName": "s"}));
    check_loud(&[change, by_third(&again)], update(), false);
}

#[test]
fn a_product_is_launched_by_any_of_its_constraints() {
    let constraint = |portfolio: &str, sort: &str, role: &str| {
        let parameters = match sort {
            "LAUNCH" => json!({"RoleArn": role}).to_string(),
            _ => json!({"Rules": {}}).to_string(),
        };
        let given = json!({"portfolioId": portfolio, "productId": "p", "type": sort, "parameters": parameters});
        made("servicecatalog", "CreateConstraint", given, json!({}))
    };
    let (strong, weak) = (constraint("a", "LAUNCH", ROLE), constraint("b", "LAUNCH", LOW));
    let changed = made(
        "servicecatalog",
        "UpdateConstraint",
        json!({"id": "c", "parameters": json!({"RoleArn": ROLE}).to_string()}),
        json!({"constraintDetail": {"constraintId": "c", "productId": "p"}}),
    );
    let work = || ("servicecatalog", "CreateProvisioningArtifact", json!({"productId": "p"}));
    check_loud(&[strong.clone(), constraint("a", "TEMPLATE", "")], work(), true);
    check_loud(&[strong, weak.clone()], work(), true);
    check_loud(&[weak.clone(), changed], work(), true);
    check_loud(&[weak], work(), false);
}

#[test]
fn what_a_notebook_starts_with_may_be_several_notebooks_work() {
    let notebook = |name: &str, role: &str, config: Value| {
        let mut given = json!({"notebookInstanceName": name, "roleArn": role});
        if config.is_string() {
            given["lifecycleConfigName"] = config;
        }
        made("sagemaker", "CreateNotebookInstance", given, json!({}))
    };
    let set = |name: &str| {
        let given = json!({"notebookInstanceName": name, "lifecycleConfigName": "start"});
        made("sagemaker", "UpdateNotebookInstance", given, json!({}))
    };
    let config = json!({"notebookInstanceLifecycleConfigName": "start"});
    let work = || ("sagemaker", "UpdateNotebookInstanceLifecycleConfig", config.clone());
    let (strong, weak) = (notebook("a", ROLE, json!("start")), notebook("b", LOW, json!("start")));
    check_loud(&[strong, weak.clone()], work(), true);
    check_loud(&[weak], work(), false);
    let (strong, weak) = (notebook("a", ROLE, json!(null)), notebook("b", LOW, json!(null)));
    check_loud(&[strong.clone(), weak.clone(), set("b"), set("a")], work(), true);
    check_loud(&[strong, weak, set("b")], work(), false);
    // Who changed it before the notebook had the role is named by an alert when it has.
    let early = by_other(call("sagemaker", work().1, 5, config.clone()), "third");
    let given = json!({"notebookInstanceName": "b", "roleArn": ROLE});
    let swapped = made("sagemaker", "UpdateNotebookInstance", given, json!({}));
    let weak = notebook("b", LOW, json!("start"));
    check_loud(&[weak, set("b"), early.clone(), swapped], work(), true);
    let strong = notebook("b", ROLE, json!("start"));
    check_loud(&[strong, set("b"), early], work(), false);
}

#[test]
fn an_environment_has_the_profile_of_its_template() {
    let template = |role: &str| {
        let setting = json!({"optionName": "IamInstanceProfile", "value": role});
        let given =
            json!({"applicationName": "a", "templateName": "std", "optionSettings": [setting]});
        made("elasticbeanstalk", "CreateConfigurationTemplate", given, json!({}))
    };
    let environment = |template: &str| {
        let given =
            json!({"applicationName": "a", "environmentName": "prod", "templateName": template});
        made("elasticbeanstalk", "CreateEnvironment", given, json!({"environmentId": "e-1"}))
    };
    let work = |named: Value| ("elasticbeanstalk", "UpdateEnvironment", named);
    for named in [json!({"environmentName": "prod"}), json!({"environmentId": "e-1"})] {
        let given = [template("Worker"), environment("std")];
        check_loud(&given, work(named.clone()), true);
        check_loud(&[template("Worker"), environment("other")], work(named.clone()), false);
        check_loud(&[template("low"), environment("std")], work(named), false);
    }
}

#[test]
fn a_second_call_of_the_same_name_with_a_weaker_role_takes_none_away() {
    let infrastructure = |name: &str, profile: &str| {
        let arn = "arn:aws:imagebuilder:us-east-1:111122223333:infrastructure-configuration/golden";
        let given = json!({"infrastructureConfigurationArn": arn, "instanceProfileName": profile});
        made("imagebuilder", name, given, json!({"infrastructureConfigurationArn": arn}))
    };
    let image = json!({"infrastructureConfigurationArn":
        "arn:aws:imagebuilder:us-east-1:111122223333:infrastructure-configuration/golden"});
    let image = || ("imagebuilder", "CreateImage", image.clone());
    let first = infrastructure("CreateInfrastructureConfiguration", "low");
    let strong = infrastructure("UpdateInfrastructureConfiguration", "Worker");
    check_loud(&[first.clone(), strong.clone()], image(), true);
    check_loud(std::slice::from_ref(&first), image(), false);
    let weak = infrastructure("UpdateInfrastructureConfiguration", "low");
    check_loud(&[first, strong, weak], image(), false);
    // A state machine that is there already: the call succeeds, and takes no other role.
    let machine = |role: &str| {
        made("states", "CreateStateMachine", json!({"name": "m", "roleArn": role}), json!({}))
    };
    let arn = "arn:aws:states:us-east-1:111122223333:stateMachine:m";
    let work = || ("states", "UpdateStateMachine", json!({"stateMachineArn": arn}));
    check_loud(&[machine(ROLE), machine(LOW)], work(), true);
    check_loud(&[machine(LOW)], work(), false);
    // One of several roles is changed, the other stays.
    let environment = made(
        "batch",
        "CreateComputeEnvironment",
        json!({"computeEnvironmentName": "c", "computeResources": {"instanceRole": "Worker"}}),
        json!({}),
    );
    let other = json!({"computeEnvironment": "c", "serviceRole": LOW});
    let other = made("batch", "UpdateComputeEnvironment", other, json!({}));
    let work = || ("batch", "UpdateComputeEnvironment", json!({"computeEnvironment": "c"}));
    check_loud(&[environment, other], work(), true);
}
