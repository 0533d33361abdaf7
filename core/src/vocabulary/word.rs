//! The words of the facts that no other station has a type for.

use crate::text::words::words;

words! {
    /// What stood where a call writes.
    pub enum Before {
        /// Something.
        Present = "present",
        /// Nothing.
        Absent = "absent",
        /// It is unknown.
        Unknown = "unknown",
    }
}

words! {
    /// What a change of the text of a policy of the organization does to what it limits.
    pub enum Limits {
        /// Something that was forbidden is not any more, or more is allowed.
        Looser = "looser",
        /// More is forbidden, and nothing less.
        Tighter = "tighter",
        /// As before.
        Same = "same",
        /// So much is forbidden, or so little is left allowed, that it may shut out those who work there.
        Shut = "shut",
        /// Nobody knows: the former text, or the new one, was not seen or cannot be read.
        Unknown = "unknown",
    }
}

words! {
    /// Automation that an owner knows: what it does was written down elsewhere before.
    pub enum Automation {
        /// A stack; `invokedBy` is written by AWS.
        CloudFormation = "cloudformation",
        /// A session of a role that the site file lists under `pipelines`.
        Pipeline = "pipeline",
    }
}

words! {
    /// What a change of tags does to how loud the alerts of an account are.
    pub enum EnvironmentChange {
        /// Quieter from now on.
        Lowered = "lowered",
        /// Louder.
        Raised = "raised",
        /// As before.
        Same = "same",
    }
}

words! {
    /// Why the calls of a role are judged more mildly, or change this tool unseen.
    pub enum Exempt {
        /// It deploys the tool.
        Deployment = "deployment",
        /// The site file lists it.
        Pipeline = "pipeline",
        /// A suppression, or an adjustment that lowers, names it.
        Silenced = "silenced",
    }
}

words! {
    /// Why an entity is guarded.
    pub enum Guarded {
        /// The last way in when all others fail.
        BreakGlass = "break-glass",
        /// The owner says so.
        Protected = "protected",
    }
}

words! {
    /// What is handed over.
    pub enum HandedKind {
        /// Roles.
        Role = "role",
        /// A place in groups.
        Group = "group",
        /// A permission set of Identity Center, in an account.
        PermissionSet = "permission-set",
    }
}

words! {
    /// Whose session of a role of this tool it is.
    pub enum OwnSession {
        /// Named as Lambda names it: after the function.
        Function = "function-session",
        /// Any other name: somebody else holds the role.
        Other = "other-session",
    }
}

words! {
    /// Why CloudFormation may change a part of the tool.
    pub enum OwnStack {
        /// In the first hour of the tool's own stack, for the caller that makes it.
        Created = "created",
        /// For the caller that began to update it within the hour.
        Updated = "updated",
    }
}

words! {
    /// A kind of resource of the tool, or of what touches one.
    pub enum OwnKind {
        /// An alarm.
        Alarm = "alarm",
        /// An archive of events.
        Archive = "archive",
        /// The policy that bounds its roles.
        Boundary = "boundary",
        /// The bucket of its trail.
        Bucket = "bucket",
        /// A rule of a bus.
        BusRule = "bus-rule",
        /// A calendar of changes that the site file names.
        Calendar = "calendar",
        /// A bus.
        EventBus = "event-bus",
        /// The function.
        Function = "function",
        /// Something that is set to call the function.
        FunctionTarget = "function-target",
        /// The key.
        Key = "key",
        /// The name of the key.
        KeyAlias = "key-alias",
        /// A group of logs.
        LogGroup = "log-group",
        /// Something else that one of its bus rules is to call.
        OtherTarget = "other-target",
        /// A parameter.
        Parameter = "parameter",
        /// A policy.
        Policy = "policy",
        /// A queue.
        Queue = "queue",
        /// A role.
        Role = "role",
        /// Something that is given a role of the tool.
        RoleHanded = "role-handed",
        /// A schedule.
        Schedule = "schedule",
        /// The stack.
        Stack = "stack",
        /// The table.
        Table = "table",
        /// A topic.
        Topic = "topic",
    }
}
