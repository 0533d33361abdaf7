//! What takes an undo back: the state that the event left, which is what stands there when the undo is done.

use super::irreversible::{Lacking, NoReverse};
use super::step::Step;
use crate::event::Event;

/// What takes the step back that undoes an event.
///
/// # Errors
/// Why the event does not say it either.
pub(super) fn of(step: &Step, event: &Event) -> Result<Step, NoReverse> {
    step.reverse().or_else(|why| match why {
        NoReverse::Lacks(lacking) => {
            let left = left(event, &lacking).map(|left| lacking.clone().with(left));
            left.and_then(Result::ok).ok_or(NoReverse::Lacks(lacking))
        }
        NoReverse::Irreversible(_) => Err(why),
    })
}

/// What the event left there: a value, or nothing. `None` if the event does not say it.
fn left<'e>(event: &'e Event, lacking: &Lacking) -> Option<Option<&'e str>> {
    let put = |parameter: &str| event.parameter(parameter).map(Some);
    match lacking {
        Lacking::GroupPolicy(..) | Lacking::RolePolicy(..) | Lacking::UserPolicy(..) => {
            put("policyDocument")
        }
        Lacking::PermissionSetPolicy(..) => put("inlinePolicy"),
        Lacking::RoleBoundary(_) | Lacking::UserBoundary(_) => match event.name() {
            Some("DeleteRolePermissionsBoundary" | "DeleteUserPermissionsBoundary") => Some(None),
            _ => put("permissionsBoundary"),
        },
        Lacking::DefaultVersion(_) => {
            let made = event.text("detail.responseElements.policyVersion.versionId");
            made.map(Some).or_else(|| put("versionId"))
        }
        Lacking::Settings => None,
    }
}
