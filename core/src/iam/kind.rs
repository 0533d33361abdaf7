//! The kinds of all that calls are about.

use crate::text::words::words;

/// Declares them by their words.
macro_rules! kinds {
    ($($name:ident = $word:literal,)+) => {
        words! {
            /// The kind of the entity of a call, or of a thing that wears a role.
            pub enum EntityKind { $(#[doc = concat!("`", $word, "`")] $name = $word,)+ }
        }
    };
}

impl EntityKind {
    /// Kinds that one name of IAM may belong to.
    const OF_IAM: [Self; 10] = [
        Self::Group,
        Self::InstanceProfile,
        Self::MfaDevice,
        Self::OidcProvider,
        Self::Policy,
        Self::Role,
        Self::Root,
        Self::SamlProvider,
        Self::ServerCertificate,
        Self::User,
    ];

    /// Its word as people write it: `log group`.
    #[must_use]
    pub(crate) fn words_of(self) -> String {
        let word = self.word();
        let mut words = String::with_capacity(word.len() + 1);
        for c in word.chars() {
            match c {
                '-' => words.push(' '),
                // `stateMachine` is written as ARNs have it.
                c if c.is_ascii_uppercase() => {
                    words.push(' ');
                    words.push(c.to_ascii_lowercase());
                }
                c => words.push(c),
            }
        }
        words
    }

    /// The one of IAM that has this word.
    #[must_use]
    pub(crate) fn of_iam(word: &str) -> Option<Self> {
        Self::OF_IAM.into_iter().find(|kind| kind.word() == word)
    }
}

kinds! {
    Group = "group",
    InstanceProfile = "instance-profile",
    MfaDevice = "mfa-device",
    OidcProvider = "oidc-provider",
    Policy = "policy",
    Role = "role",
    Root = "root",
    SamlProvider = "saml-provider",
    ServerCertificate = "server-certificate",
    User = "user",
    Analyzer = "analyzer",
    Finding = "finding",
    Account = "account",
    ChatChannel = "chat-channel",
    Stack = "stack",
    Trail = "trail",
    Channel = "channel",
    EventDataStore = "event-data-store",
    ConfigRule = "config-rule",
    ConfigAggregator = "config-aggregator",
    ConfigRecorder = "config-recorder",
    ConformancePack = "conformance-pack",
    DeliveryChannel = "delivery-channel",
    Resource = "resource",
    ConfigRetention = "config-retention",
    BehaviorGraph = "behavior-graph",
    Organization = "organization",
    DirectoryGroup = "directory-group",
    DirectoryUser = "directory-user",
    Directory = "directory",
    DirectoryTrust = "directory-trust",
    Table = "table",
    FlowLog = "flow-log",
    EventSource = "event-source",
    Connection = "connection",
    ApiDestination = "api-destination",
    Archive = "archive",
    Endpoint = "endpoint",
    EventBus = "event-bus",
    BusRule = "bus-rule",
    Replay = "replay",
    FirewallPolicy = "firewall-policy",
    Detector = "detector",
    FindingFilter = "finding-filter",
    IpSet = "ip-set",
    ThreatEntitySet = "threat-entity-set",
    ThreatIntelSet = "threat-intel-set",
    TrustedEntitySet = "trusted-entity-set",
    MalwareProtectionPlan = "malware-protection-plan",
    PublishingDestination = "publishing-destination",
    DelegationRequest = "delegation-request",
    AccountAlias = "account-alias",
    PasswordPolicy = "password-policy",
    CloudfrontPublicKey = "cloudfront-public-key",
    IdentityStoreGroup = "identity-store-group",
    IdentityStoreUser = "identity-store-user",
    Key = "key",
    Function = "function",
    LogGroup = "log-group",
    LogDelivery = "log-delivery",
    LogDestination = "log-destination",
    LogStream = "log-stream",
    AllowList = "allow-list",
    ClassificationJob = "classification-job",
    Alarm = "alarm",
    NotificationConfiguration = "notification-configuration",
    Handshake = "handshake",
    OrganizationPolicy = "organization-policy",
    OrganizationalUnit = "organizational-unit",
    Profile = "profile",
    TrustAnchor = "trust-anchor",
    Crl = "crl",
    QueryLog = "query-log",
    AutomationRule = "automation-rule",
    ConfigurationPolicy = "configuration-policy",
    ActionTarget = "action-target",
    Connector = "connector",
    Insight = "insight",
    Control = "control",
    Subscriber = "subscriber",
    Topic = "topic",
    Subscription = "subscription",
    Queue = "queue",
    Contact = "contact",
    ResponsePlan = "response-plan",
    Document = "document",
    Parameter = "parameter",
    PermissionSet = "permission-set",
    AccountAssignment = "account-assignment",
    TrustedTokenIssuer = "trusted-token-issuer",
    Instance = "instance",
    WebAcl = "web-acl",
    Environment = "environment",
    App = "app",
    Integration = "integration",
    Service = "service",
    Repository = "repository",
    Folder = "folder",
    Fleet = "fleet",
    AppBlockBuilder = "app-block-builder",
    ImageBuilder = "image-builder",
    DataSource = "data-source",
    Workgroup = "workgroup",
    LaunchTemplate = "launch-template",
    JobDefinition = "job-definition",
    Runtime = "runtime",
    Browser = "browser",
    CodeInterpreter = "code-interpreter",
    Gateway = "gateway",
    ChatConfiguration = "chat-configuration",
    StackSet = "stack-set",
    Project = "project",
    Sync = "sync",
    Pipeline = "pipeline",
    Pool = "pool",
    Volume = "volume",
    ExpressService = "express-service",
    Task = "task",
    TaskDefinition = "task-definition",
    Capability = "capability",
    Nodegroup = "nodegroup",
    Template = "template",
    Cluster = "cluster",
    Studio = "studio",
    Application = "application",
    ExperimentTemplate = "experiment-template",
    DevEndpoint = "dev-endpoint",
    Job = "job",
    Session = "session",
    Snapshot = "snapshot",
    Image = "image",
    RoleAlias = "role-alias",
    Component = "component",
    Infrastructure = "infrastructure",
    Recipe = "recipe",
    UserProfile = "user-profile",
    Domain = "domain",
    Machine = "machine",
    Notebook = "notebook",
    LifecycleConfig = "lifecycle-config",
    Product = "product",
    Action = "action",
    Association = "association",
    WindowTask = "window-task",
    StateMachine = "stateMachine",
    Canary = "canary",
}
