//! Rules and site together: the pure half of the responder, as a library offers it.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::assessment::{Ahead, Assessment, Recognised, Screened};
use super::decide::decide;
use crate::event::Event;
use crate::facts::{Context, Facts, Known, Pending};
use crate::own::Own;
use crate::pattern::PatternLoad;
use crate::rule::{FIELDS_OF_PEOPLE, Loading, PackedRule, PackedRules, Rule, RuleSet};
use crate::site::Site;
use crate::site::calendar::IcsFiles;
use crate::text::yaml::{Fault, YamlDocument};

/// Name of the site file among the rule files.
pub const SITE_FILE: &str = "site.yaml";

/// Rules and site, compiled once and asked for every event.
#[derive(Debug, Clone)]
pub struct Engine {
    rules: RuleSet,
    site: Site,
    own: Own,
}

/// A file that rules or the site were read from.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name, as faults show it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The site file and the iCalendar files beside it.
#[derive(Debug, Clone)]
pub struct SiteFiles {
    /// The site file.
    pub site: SourceFile,
    /// Texts of the iCalendar files, by their names.
    pub calendars: IcsFiles,
}

/// Rules and site file as constants of a program.
#[derive(Debug)]
pub struct Pack {
    /// The rules.
    pub rules: PackedRules,
    /// The site file, as JSON.
    pub site: Option<&'static str>,
    /// The iCalendar files beside it: name and text.
    pub calendars: &'static [(&'static str, &'static str)],
    /// The events that the rules' own tests name: file name and text.
    pub events: &'static [(&'static str, &'static str)],
}

impl Pack {
    /// The text of an event that came with the rules.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&'static str> {
        self.events.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// The files of its rules.
    fn documents(&self) -> Result<Vec<YamlDocument>, Vec<Fault>> {
        let documents = self.rules.rules.iter().map(|rule| trusted(rule.file, rule.text));
        documents.collect::<Result<_, _>>().map_err(|fault| vec![fault])
    }

    /// The site that came with the rules.
    fn site(&self, rules: &RuleSet) -> Result<Site, Vec<Fault>> {
        let document = self.site.map(|text| trusted(SITE_FILE, text)).transpose();
        let document = document.map_err(|fault| vec![fault])?;
        let text = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let calendars = self.calendars.iter().map(text).collect();
        Site::load_beside(None, document.as_ref(), &calendars, rules)
    }
}

impl Engine {
    /// The rules and the site file that the build compiled.
    ///
    /// # Errors
    /// None for a pack that the build wrote.
    pub fn packed(pack: &'static Pack) -> Result<Self, Vec<Fault>> {
        let rules = RuleSet::packed(&pack.rules);
        let site = pack.site(&rules)?;
        Ok(Self::of(rules, site))
    }

    /// The same, with every check that files get.
    ///
    /// # Errors
    /// All faults.
    pub fn packed_checked(pack: &Pack) -> Result<Self, Vec<Fault>> {
        let rules = RuleSet::load(&pack.documents()?)?;
        let site = pack.site(&rules)?;
        Ok(Self::of(rules, site))
    }

    /// The rules and the site that the build compiled, and a site file that adds to it.
    ///
    /// # Errors
    /// All faults of the site file.
    pub fn packed_with(pack: &'static Pack, site: &SiteFiles) -> Result<Self, Vec<Fault>> {
        let document = site_document(&site.site)?;
        let rules = RuleSet::packed(&pack.rules);
        let base = pack.site(&rules)?;
        let site = Site::load_beside(Some(base), document.as_ref(), &site.calendars, &rules)?;
        Ok(Self::of(rules, site))
    }

    /// Reads rules and site from the text of their files, beside the pack or in its place. The site file adds to that
    /// of the pack, if the pack counts.
    ///
    /// # Errors
    /// All faults of all files. A rule with the ID of one of the pack is a fault, unless it is an exact copy.
    pub fn load(
        rules: &[SourceFile],
        site: Option<&SiteFiles>,
        pack: Option<&'static Pack>,
    ) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let site_document = match site.map(|site| site_document(&site.site)) {
            Some(Ok(document)) => document,
            Some(Err(found)) => {
                faults.extend(found);
                None
            }
            None => None,
        };
        let none = IcsFiles::new();
        let calendars = site.map_or(&none, |site| &site.calendars);
        let load = || {
            let rules = rules_of(rules, pack).map_err(|mut faults| {
                let site = site_document.iter();
                faults.extend(site.flat_map(|site| faults_beside(site, calendars, rules, pack)));
                faults
            })?;
            let base = pack.map(|pack| pack.site(&rules)).transpose()?;
            let site = Site::load_beside(base, site_document.as_ref(), calendars, &rules)?;
            Ok(Self::of(rules, site))
        };
        match load() {
            Ok(engine) if faults.is_empty() => Ok(engine),
            Ok(_) => Err(faults),
            Err(more) => Err(faults.into_iter().chain::<Vec<Fault>>(more).collect()),
        }
    }

    fn of(rules: RuleSet, site: Site) -> Self {
        let rules =
            rules.overridden(|id| site.override_of(id), |change, spec| change.applied(spec));
        Self { rules, site, own: Own::default() }
    }

    /// This engine, with the names of the deployed tool. Without it, the engine uses the default name.
    #[must_use]
    pub fn deployed_as(self, own: Own) -> Self {
        let calendars = self.site.calendars().iter();
        let named = calendars.filter_map(|(_, calendar)| calendar.change_calendar());
        let own = own.going_by(named.map(str::to_owned).collect());
        Self { own, ..self }
    }

    /// The tool as it was deployed.
    #[must_use]
    pub fn own(&self) -> &Own {
        &self.own
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The site.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The first of three steps from an event to a decision. Adds the event's own facts to it as `derived`, and finds
    /// the rules that may want it for any answer of the world.
    pub fn screen(&self, event: &mut Event) -> Screened {
        let context = self.unasked(event);
        event.set_derived(context.to_value());
        let pending = Pending::of(&context.facts, &self.site);
        let possible = self.rules.possible(event.raw(), &|path| pending.is_pending(path));
        Screened { context, possible }
    }

    /// What of sequences can be noted and asked while the lookups are answered.
    #[must_use]
    pub fn ahead(&self, event: &Event, screened: &Screened) -> Ahead {
        let steps = self.rules.certain_steps(&screened.possible);
        Ahead::of(
            event,
            &screened.context,
            steps,
            self.rules.possible_sequences(&screened.possible),
        )
    }

    /// The second step. Adds the meaning of the event after these answers to it as `derived`. Returns the rules that
    /// match it, the loudest first, and their questions about earlier events.
    pub fn recognise(
        &self,
        event: &mut Event,
        screened: Screened,
        known: &Known,
    ) -> Recognised<'_> {
        let Screened { context, possible } = screened;
        let context = context.answered(event, &self.site, &self.own, known);
        event.set_derived(context.to_value());
        let matching = self.rules.matching_of(event.raw(), &possible);
        let steps = self.rules.steps_of(event.raw(), &possible);
        Recognised::of(event, context, matching, steps)
    }

    /// The third: which rules fire, how loud the event is and why, what silences it, and how it is undone. `yes` are the
    /// rules whose questions were answered so; `now` is the time of deciding.
    #[must_use]
    pub fn assess<'r>(
        &self,
        event: &Event,
        recognised: &Recognised<'r>,
        yes: &BTreeSet<String>,
        now: Timestamp,
    ) -> Assessment<'r> {
        let (context, unsure) = (&recognised.context, &recognised.matching.unsure);
        let firing = recognised.firing(yes);
        let decision =
            (!firing.is_empty()).then(|| decide(event, context, &firing, unsure, &self.site, now));
        Assessment { firing, decision }
    }

    /// The first two steps at once, for who has all the answers, or none.
    pub fn recognise_at_once(&self, event: &mut Event, known: &Known) -> Recognised<'_> {
        let screened = self.screen(event);
        self.recognise(event, screened, known)
    }

    fn unasked(&self, event: &Event) -> Context {
        let facts = Facts::of(event, &self.own);
        Context::unasked(event, facts, &self.site, &self.own)
    }

    /// This engine with one rule alone, switched on.
    #[must_use]
    pub fn alone(&self, rule: &Rule) -> Self {
        Self { rules: RuleSet::alone(rule), site: self.site.clone(), own: self.own.clone() }
    }
}

/// The same rule? The function has the pack without what only people and tests read.
fn is_same(known: &Value, own: &Value) -> bool {
    let fields = |rule: &Value| -> Option<Map<String, Value>> {
        let mut fields = rule.as_object()?.clone();
        fields.retain(|key, _| !FIELDS_OF_PEOPLE.contains(&key.as_str()));
        Some(fields)
    };
    fields(known) == fields(own)
}

fn trusted(name: &str, text: &str) -> Result<YamlDocument, Fault> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Fault::whole(name, 1, format!("not valid JSON: {error}")))?;
    Ok(YamlDocument::trusted(name, value))
}

/// The rules of files, beside the pack or in its place. Each file is let go before the next is read into values.
fn rules_of(files: &[SourceFile], pack: Option<&'static Pack>) -> Result<RuleSet, Vec<Fault>> {
    let mut loading = pack.map(|pack| Loading::beside(&pack.rules)).unwrap_or_default();
    let of_pack = pack.map_or(&[][..], |pack| pack.rules.rules);
    let of_pack: HashMap<&str, &PackedRule> = of_pack.iter().map(|rule| (rule.id, rule)).collect();
    // A copy of a rule of the pack is not a second rule.
    let is_copy = |own: &YamlDocument| {
        let id = own.value.get("id").and_then(Value::as_str);
        let known = id.and_then(|id| of_pack.get(id));
        let known = known.and_then(|known| trusted(known.file, known.text).ok());
        known.is_some_and(|known| is_same(&known.value, &own.value))
    };
    for file in files {
        let documents = match YamlDocument::parse_all(&file.name, &file.text) {
            Ok(documents) => documents,
            Err(fault) => {
                loading.fault(fault);
                continue;
            }
        };
        let mut own = documents.iter().filter(|own| !is_copy(own));
        if own.try_for_each(|own| loading.rule(own)).is_break() {
            break;
        }
    }
    loading.end()
}

/// The faults of a site file beside rules that are broken: it may name any of them. Where the file of a rule cannot be
/// read, its IDs are not known, and then no rule is missing.
fn faults_beside(
    site: &YamlDocument,
    calendars: &IcsFiles,
    rules: &[SourceFile],
    pack: Option<&'static Pack>,
) -> Vec<Fault> {
    let id = |document: &YamlDocument| Some(document.value.get("id")?.as_str()?.to_owned());
    let (mut ids, mut is_whole) = (Vec::new(), true);
    for file in rules {
        match YamlDocument::parse_all(&file.name, &file.text) {
            Ok(documents) => {
                let found = documents.iter().map(id);
                is_whole &= found.clone().all(|id| id.is_some());
                ids.extend(found.flatten());
            }
            Err(_) => is_whole = false,
        }
    }
    let base = pack.and_then(|pack| {
        let rules = RuleSet::packed(&pack.rules);
        ids.extend(rules.ids().into_iter().map(str::to_owned));
        pack.site(&rules).ok()
    });
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let known = is_whole.then_some(ids.as_slice());
    let loaded = Site::load_within(base, Some(site), calendars, known, PatternLoad::default());
    loaded.err().unwrap_or_default()
}

/// Content of a site file. `None` if it is empty.
pub(super) fn site_document(file: &SourceFile) -> Result<Option<YamlDocument>, Vec<Fault>> {
    let documents = YamlDocument::parse_all(&file.name, &file.text).map_err(|fault| vec![fault])?;
    if let Some(second) = documents.get(1) {
        let message = "a site file is one document, and a second begins here";
        let help = "move what it says into the first";
        return Err(vec![second.fault("", message, Some(help.to_owned()))]);
    }
    Ok(documents.into_iter().next())
}
