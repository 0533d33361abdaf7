//! Topics of the site file that the deployment could not publish to.

use iam_responder::assess::engine::{Engine, SITE_FILE};
use iam_responder::iam::region::Region;
use iam_responder::operate::folder;
use iam_responder::operate::settings::{PublishableTopics, TopicList, region};
use iam_responder::text::severity::Severity;
use iam_responder::text::yaml::{Fault, YamlDocument};
use serde_json::Value;

use crate::exit::Failure;
use crate::options::Global;

/// The topics of the deployment; without them the topics of the site file are not checked.
#[derive(Debug, clap::Args)]
pub(super) struct Deployment {
    /// Further topics of the deployment: ARNs, separated by commas, or nothing
    #[arg(long, value_name = "ARN,ARN", requires = "region")]
    topics: Option<TopicList>,
    /// Region of the deployment
    #[arg(long, requires = "topics", value_parser = region)]
    region: Option<Region>,
}

/// Refuses each topic of the site file, and each further topic, that the function would not publish to.
///
/// # Errors
/// All of them, with file and line.
pub(super) fn check(
    deployment: &Deployment,
    global: &Global,
    engine: &Engine,
) -> Result<(), Failure> {
    let (Some(TopicList(topics)), Some(region)) = (&deployment.topics, &deployment.region) else {
        return Ok(());
    };
    let publishable = PublishableTopics {
        region: Some(region.clone()),
        listed: topics.iter().cloned().collect(),
        prefix: Some(engine.own().name().to_owned()),
    };
    let document = site_document(global)?;
    let mut faults = Vec::new();
    for (at, arn) in topics.iter().enumerate() {
        if let Some(refusal) = publishable.refusal(arn) {
            // The position in the list is given as the line.
            let fault = Fault::whole("--topics", at + 1, refusal.to_string());
            let fault = Fault { help: Some(refusal.help()), ..fault };
            faults.push(fault);
        }
    }
    for severity in Severity::ALL.into_iter().rev() {
        for (at, topic) in engine.site().topics(severity).iter().enumerate() {
            if let Some(refusal) = publishable.refusal(&topic.arn) {
                let path = format!("topics.{severity}[{at}].arn");
                faults.push(document.fault(&path, refusal.to_string(), Some(refusal.help())));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Rules(faults)) }
}

/// The site file with its lines, which the engine does not keep. The one compiled in has none.
fn site_document(global: &Global) -> Result<YamlDocument, Failure> {
    let mut of_rules = global.rules.iter().map(|rules| rules.join(SITE_FILE));
    let path = global.site.clone().or_else(|| of_rules.find(|path| path.exists()));
    let found = match path {
        Some(path) => {
            let file = folder::source_file(&path)?;
            let documents = YamlDocument::parse_all(&file.name, &file.text);
            documents.map_err(|fault| Failure::Rules(vec![fault]))?.into_iter().next()
        }
        None => None,
    };
    Ok(found.unwrap_or_else(|| YamlDocument::trusted(SITE_FILE, Value::Null)))
}
