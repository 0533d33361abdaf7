//! Kinds of events, as envelopes and records name them.

use crate::text::words::words;

words! {
    /// The `detail-type` of an EventBridge envelope for a CloudTrail event.
    pub enum DetailType {
        /// A call.
        Call = "AWS API Call via CloudTrail",
        /// A sign-in.
        SignIn = "AWS Console Sign In via CloudTrail",
        /// Something that a service did.
        Service = "AWS Service Event via CloudTrail",
        /// An action at the console that is not a call.
        ConsoleAction = "AWS Console Action via CloudTrail",
        /// An insight.
        Insight = "AWS Insight via CloudTrail",
    }
}

words! {
    /// The kind of event that a record describes.
    pub enum EventType {
        /// A call.
        Call = "AwsApiCall",
        /// Something that a service did.
        Service = "AwsServiceEvent",
        /// An action at the console that is not a call.
        ConsoleAction = "AwsConsoleAction",
        /// A sign-in.
        SignIn = "AwsConsoleSignIn",
        /// An insight.
        Insight = "AwsCloudTrailInsight",
        /// Activity through an endpoint.
        Network = "AwsVpceEvent",
        /// The same, as the documentation has it.
        NetworkEvents = "AwsVpceEvents",
    }
}

words! {
    /// In which of its lists CloudTrail keeps a record.
    pub enum EventCategory {
        /// Changes, and reads of them.
        Management = "Management",
        /// Reads and writes of data.
        Data = "Data",
        /// Activity through an endpoint.
        Network = "NetworkActivity",
        /// An insight.
        Insight = "Insight",
    }
}
