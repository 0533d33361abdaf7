//! What a document allows: every question is tried on sample resources.
//!
//! A resource is granted where an `Allow` reaches it and no `Deny` does. A document that grants a good part of a
//! class of names in one place grants them all: the rest could be named as well.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::document::{Clause, PolicyDocument, Statement};
use super::escalation::Scope;
use super::guard::{self, Guards, Leave};
use super::resource::{Home, NameTemplate, ResourceType};
use super::wildcard::{Fuel, Pattern, Reading};
use super::witness::{CLASSES, Class, Draw};
use crate::iam::arn;

/// Steps of matching for one document: under a tenth of a second of one core.
const STEPS_MAX: u64 = 10_000_000;
/// The cost of testing a condition, in steps.
const TEST_STEPS: usize = 16;
/// Most places in which one type of resource is looked for.
const PLACES_MAX: usize = 64;
/// If one in `SHARE` names of a class is allowed, all count as allowed: four first letters are enough, three are not.
const SHARE: u32 = 8;

/// Names of roles that mostly are administrators'. A wide pattern may mean them.
const ADMINISTRATORS: [&str; 12] = [
    "admin",
    "Admin",
    "ADMIN",
    "admins",
    "administrator",
    "Administrator",
    "AdministratorAccess",
    "admin/admin",
    "Admin/admin",
    "admins/admin",
    "administrator/admin",
    "administrators/admin",
];

/// Results found once.
type Memo<K, V> = RefCell<HashMap<K, Rc<V>>>;

/// Answers what a document allows.
pub(super) struct Judge<'d> {
    statements: Vec<Ruling<'d>>,
    home: Home,
    draw: Draw,
    classes: OnceCell<[Class; CLASSES]>,
    fuel: Fuel,
    applying: Memo<(&'static str, Option<&'static str>), Applying>,
    places: Memo<ResourceType, [NameTemplate]>,
    /// By the form of a name.
    names: Memo<String, [Class]>,
    reached: Memo<(usize, ResourceType), [u64]>,
}

/// A compiled statement.
struct Ruling<'d> {
    statement: &'d Statement,
    guards: Guards,
    actions: Vec<Pattern>,
    /// Patterns of resources that may fit made-up names, and those that mean certain resources.
    wide: Vec<Pattern>,
    narrow: Vec<Pattern>,
}

/// Positions of the statements that apply to an action, and whether each applies without a condition.
#[derive(Default)]
struct Applying {
    allows: Vec<(usize, Leave)>,
    denies: Vec<(usize, Leave)>,
}

impl<'d> Judge<'d> {
    pub(super) fn new(document: &'d PolicyDocument, own: Option<&str>) -> Self {
        Self::with_steps(document, own, STEPS_MAX)
    }

    /// The same, with less work.
    pub(super) fn with_steps(document: &'d PolicyDocument, own: Option<&str>, steps: u64) -> Self {
        let resources = document.statements.iter().map(|statement| &statement.resources.patterns);
        let resources: Vec<&Vec<String>> = resources.collect();
        let mut draw = Draw::from(&resources);
        let home = Home::new(resources.into_iter().flatten(), own, &mut draw);
        let ruling = |statement: &'d Statement| {
            let actions = statement.actions.patterns.iter().map(|text| Pattern::of_actions(text));
            let resources = distinct(resources_of(statement, document.variables, own));
            let (narrow, wide) = resources.into_iter().partition(Pattern::is_narrow);
            let guards = Guards::of(statement, own);
            Ruling { statement, guards, actions: distinct(actions), wide, narrow }
        };
        Self {
            statements: document.statements.iter().map(ruling).collect(),
            home,
            draw,
            classes: OnceCell::new(),
            fuel: Fuel::new(steps),
            applying: RefCell::default(),
            places: RefCell::default(),
            names: RefCell::default(),
            reached: RefCell::default(),
        }
    }

    /// Did it run out of steps? Then no answer counts.
    pub(super) fn is_cut(&self) -> bool {
        self.fuel.is_spent()
    }

    /// Is the action allowed on resources of that type and scope? `service` is the one that a role
    /// is handed to, where the action is to hand it on.
    pub(super) fn allowed(
        &self,
        action: &'static str,
        kind: ResourceType,
        scope: Scope,
        service: Option<&'static str>,
    ) -> Leave {
        let applying = self.applying(action, service);
        if applying.allows.is_empty() || self.is_cut() {
            return Leave::Never;
        }
        if let Some(everywhere) = self.everywhere(&applying) {
            return everywhere;
        }
        match scope {
            Scope::Broad => self.broadly(&applying, kind),
            Scope::Any | Scope::Others | Scope::Administrators => {
                self.somewhere(&applying, kind, scope)
            }
        }
    }

    /// Is the action allowed on this resource, perhaps under a condition?
    pub(super) fn reaches(&self, action: &'static str, resource: &str) -> bool {
        self.on(&self.applying(action, None), resource) != Leave::Never
    }

    /// May this role be passed to a service, perhaps under a condition?
    pub(super) fn passes(&self, role: &str, service: &'static str) -> bool {
        self.on(&self.applying("iam:PassRole", Some(service)), role) != Leave::Never
    }

    /// The greatest force with which one statement allows at least `at_least` of the actions.
    pub(super) fn widest(&self, actions: &[&'static str], at_least: usize) -> Leave {
        let mut counts: HashMap<usize, (usize, Leave)> = HashMap::new();
        for action in actions {
            for (at, leave) in &self.applying(action, None).allows {
                let (count, least) = counts.entry(*at).or_insert((0, Leave::Free));
                *count += 1;
                *least = (*least).min(*leave);
            }
        }
        let wide = counts.into_values().filter(|(count, _)| *count >= at_least);
        wide.map(|(_, leave)| leave).max().unwrap_or(Leave::Never)
    }

    fn applying(&self, action: &'static str, service: Option<&'static str>) -> Rc<Applying> {
        let key = (action, service);
        if let Some(known) = self.applying.borrow().get(&key) {
            return Rc::clone(known);
        }
        let name = action.to_ascii_lowercase();
        let mut applying = Applying::default();
        for (at, ruling) in self.statements.iter().enumerate() {
            if !ruling.names(&name, &self.fuel) || !guard::passes_to(ruling.statement, service) {
                continue;
            }
            self.fuel.burn(TEST_STEPS * ruling.guards.len());
            match (ruling.statement.allow, ruling.guards.force(&name)) {
                (_, Leave::Never) => {}
                (true, force) => applying.allows.push((at, force)),
                (false, force) => applying.denies.push((at, force)),
            }
        }
        let applying = Rc::new(applying);
        self.applying.borrow_mut().insert(key, Rc::clone(&applying));
        applying
    }

    /// Allowed on `*`, and nothing denied: then allowed on every resource.
    fn everywhere(&self, applying: &Applying) -> Option<Leave> {
        let best = applying.allows.iter().map(|(_, force)| *force).max()?;
        let everything = |at: &usize| self.statements.get(*at).is_some_and(Ruling::is_everything);
        let everywhere = applying.denies.is_empty()
            && applying.allows.iter().any(|(at, force)| *force == best && everything(at));
        everywhere.then_some(best)
    }

    fn classes(&self) -> &[Class; CLASSES] {
        self.classes.get_or_init(|| self.draw.clone().classes())
    }

    /// On all of the type, in one place at least.
    fn broadly(&self, applying: &Applying, kind: ResourceType) -> Leave {
        let places = self.places(kind);
        let union = |rulings: &[(usize, Leave)], wanted: Leave| {
            let mut union = vec![0_u64; places.len() * CLASSES];
            for (at, _) in rulings.iter().filter(|(_, force)| *force == wanted) {
                let reached = self.reached(*at, kind, &places);
                union.iter_mut().zip(reached.iter()).for_each(|(all, one)| *all |= one);
                self.fuel.burn(union.len());
            }
            union
        };
        let free = union(&applying.allows, Leave::Free);
        let guarded = union(&applying.allows, Leave::Guarded);
        let denied = union(&applying.denies, Leave::Free);
        let dimmed = union(&applying.denies, Leave::Guarded);
        let masks = free.iter().zip(&guarded).zip(denied.iter().zip(&dimmed));
        let found = masks.zip(self.classes().iter().cycle()).map(|(masks, class)| {
            let ((free, guarded), (denied, dimmed)) = masks;
            let enough = |mask: u64| {
                usize::try_from(mask.count_ones() * SHARE).is_ok_and(|share| share >= class.len())
            };
            if enough(free & !denied & !dimmed) {
                Leave::Free
            } else if enough((free | guarded) & !denied) {
                Leave::Guarded
            } else {
                Leave::Never
            }
        });
        found.max().unwrap_or(Leave::Never)
    }

    /// The names of each class in each place that a statement reaches, a bit each.
    fn reached(&self, at: usize, kind: ResourceType, places: &[NameTemplate]) -> Rc<[u64]> {
        if let Some(known) = self.reached.borrow().get(&(at, kind)) {
            return Rc::clone(known);
        }
        let ruling = self.statements.get(at);
        let in_place = |place: &NameTemplate| {
            let names = self.names(&place.name);
            let masks = ruling.map(|ruling| ruling.masks(place, &names, &self.fuel));
            masks.unwrap_or_default()
        };
        let reached: Rc<[u64]> = places.iter().flat_map(in_place).collect();
        self.reached.borrow_mut().insert((at, kind), Rc::clone(&reached));
        reached
    }

    fn names(&self, form: &str) -> Rc<[Class]> {
        if let Some(known) = self.names.borrow().get(form) {
            return Rc::clone(known);
        }
        let formed = |class: &Class| -> Class {
            // The second part of a name is another's first.
            let pairs = class.iter().zip(class.iter().cycle().skip(1));
            let named = |(one, two): (&String, &String)| {
                let name = form.replacen("{}", one, 1).replacen("{}", two, 1);
                match name.contains("{uuid}") {
                    true => name.replace("{uuid}", &Draw::from(one).uuid()),
                    false => name,
                }
            };
            pairs.map(named).collect()
        };
        let names: Rc<[Class]> = self.classes().iter().map(formed).collect();
        self.names.borrow_mut().insert(form.to_owned(), Rc::clone(&names));
        names
    }

    fn places(&self, kind: ResourceType) -> Rc<[NameTemplate]> {
        if let Some(known) = self.places.borrow().get(&kind) {
            return Rc::clone(known);
        }
        let mut found: Vec<NameTemplate> = self.home.anywhere(kind);
        let mut seen: HashSet<NameTemplate> = found.iter().cloned().collect();
        for ruling in self.statements.iter().filter(|ruling| ruling.reading() == Reading::Generous)
        {
            for pattern in ruling.wide.iter().take_while(|_| !self.is_cut()) {
                let place = self.home.place_of(pattern, kind, &self.fuel);
                if let Some(place) = place.filter(|place| seen.insert(place.clone())) {
                    found.push(place);
                }
            }
        }
        if found.len() > PLACES_MAX {
            self.fuel.give_up();
            found.clear();
        }
        let places: Rc<[NameTemplate]> = found.into();
        self.places.borrow_mut().insert(kind, Rc::clone(&places));
        places
    }

    /// On one resource of the type at least.
    fn somewhere(&self, applying: &Applying, kind: ResourceType, scope: Scope) -> Leave {
        let best = applying.allows.iter().map(|(_, force)| *force).max().unwrap_or(Leave::Never);
        let mut found = Leave::Never;
        let mut consider = |resource: &str| {
            if scope == Scope::Administrators && !names_administrators(resource) {
                return false;
            }
            found = found.max(self.on(applying, resource));
            found == best || self.fuel.is_spent()
        };
        // The names that a denial spares make nobody an administrator.
        let denies = applying.denies.iter().filter(|_| scope != Scope::Administrators);
        let named = applying.allows.iter().chain(denies);
        for ruling in named.filter_map(|(at, _)| self.statements.get(*at)) {
            if ruling.reading() != Reading::Generous {
                continue;
            }
            for pattern in ruling.wide.iter().chain(&ruling.narrow) {
                if scope == Scope::Others && pattern.is_own() {
                    continue;
                }
                let mut examples = self.examples(pattern, kind);
                if scope == Scope::Administrators {
                    examples.extend(self.administrators(pattern, kind));
                }
                if examples.iter().any(|resource| consider(resource)) {
                    return best;
                }
            }
        }
        for place in self.home.anywhere(kind) {
            for name in self.names(&place.name).iter().filter_map(|class| class.first()) {
                if consider(&format!("{}{name}", place.beginning)) {
                    return best;
                }
            }
        }
        found
    }

    /// Resources of the type that a pattern means: the shortest, and one with a name made up.
    fn examples(&self, pattern: &Pattern, kind: ResourceType) -> Vec<String> {
        let Some(place) = self.home.place_of(pattern, kind, &self.fuel) else { return Vec::new() };
        let beginning = &place.beginning;
        let Some(rest) = pattern.after(beginning, &self.fuel).pop() else { return Vec::new() };
        if place.name.is_empty() {
            // A place without a name needs none made up.
            return if rest.fits("", &self.fuel) { vec![place.beginning] } else { Vec::new() };
        }
        let made_up = self.classes().iter().filter_map(|class| class.first()).next();
        let fillings = std::iter::once("").chain(made_up.map(String::as_str));
        let names = fillings.filter_map(|filling| rest.example(filling));
        // A path may hold a colon, `role/x:user/bob`, but hardly any does.
        let likely = |name: &String| !name.is_empty() && !name.contains(':');
        names.filter(likely).map(|name| format!("{beginning}{name}")).collect()
    }

    /// Names of administrators' roles that a pattern means.
    fn administrators(&self, pattern: &Pattern, kind: ResourceType) -> Vec<String> {
        let place = self.home.place_of(pattern, kind, &self.fuel);
        // A pattern of one or two letters does not show the kind of names.
        let Some(place) = place.filter(|_| pattern.is_narrow()) else { return Vec::new() };
        let resources = ADMINISTRATORS.iter().map(|name| format!("{}{name}", place.beginning));
        resources.filter(|resource| pattern.fits(resource, &self.fuel)).collect()
    }

    /// On this resource?
    fn on(&self, applying: &Applying, resource: &str) -> Leave {
        let reaching = |rulings: &[(usize, Leave)]| {
            let reached = rulings.iter().filter(|(at, _)| {
                self.statements.get(*at).is_some_and(|ruling| ruling.reaches(resource, &self.fuel))
            });
            reached.map(|(_, force)| *force).max().unwrap_or(Leave::Never)
        };
        match (reaching(&applying.allows), reaching(&applying.denies)) {
            (allowed, Leave::Never) => allowed,
            (allowed, Leave::Guarded) => allowed.min(Leave::Guarded),
            (_, Leave::Free) => Leave::Never,
        }
    }
}

impl Ruling<'_> {
    fn reading(&self) -> Reading {
        reading(self.statement)
    }

    fn is_everything(&self) -> bool {
        !self.statement.resources.negated && self.wide.iter().any(Pattern::is_run)
    }

    /// An empty clause means nothing. Its negation would be everything: an `Allow` may mean that.
    fn is_all(&self, clause: &Clause) -> bool {
        clause.negated && self.statement.allow
    }

    fn names(&self, action: &str, fuel: &Fuel) -> bool {
        let clause = &self.statement.actions;
        match clause.patterns.is_empty() {
            true => self.is_all(clause),
            false => {
                self.actions.iter().any(|pattern| pattern.fits(action, fuel)) != clause.negated
            }
        }
    }

    fn reaches(&self, resource: &str, fuel: &Fuel) -> bool {
        let clause = &self.statement.resources;
        let mut patterns = self.wide.iter().chain(&self.narrow);
        match clause.patterns.is_empty() {
            true => self.is_all(clause),
            false => patterns.any(|pattern| pattern.fits(resource, fuel)) != clause.negated,
        }
    }

    /// The made-up names that the statement reaches in a place, by class.
    fn masks(&self, place: &NameTemplate, names: &[Class], fuel: &Fuel) -> [u64; CLASSES] {
        let clause = &self.statement.resources;
        if clause.patterns.is_empty() {
            return [if self.is_all(clause) { u64::MAX } else { 0 }; CLASSES];
        }
        // Patterns that agree up to the name need one look.
        let rests = self.wide.iter().flat_map(|pattern| pattern.after(&place.beginning, fuel));
        let rests = rests.filter(|rest| !rest.needs_colon() || place.name.contains(':'));
        let rests = distinct(rests);
        let all = rests.iter().any(Pattern::is_run);
        let fits = |name: &String| all || rests.iter().any(|rest| rest.fits(name, fuel));
        let mut masks = [0; CLASSES];
        for (mask, class) in masks.iter_mut().zip(names) {
            for (bit, name) in class.iter().enumerate() {
                *mask |= u64::from(fits(name) != clause.negated) << (bit & 63);
            }
        }
        masks
    }
}

/// Is the role named like an administrator's? The end of the name counts: `admin-portal` is an application.
fn names_administrators(resource: &str) -> bool {
    const ENDS: [&str; 5] = ["admin", "admins", "administrator", "administrators", "superuser"];
    let letters = arn::without_path(resource).chars().filter(char::is_ascii_alphanumeric);
    let name: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    let name = ["role", "access"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    ENDS.iter().any(|end| name.ends_with(end))
}

/// For what is granted, or excepted from a denial: everything a pattern may fit. For what is denied, or excepted from
/// a grant: only what it surely fits.
fn reading(statement: &Statement) -> Reading {
    match statement.allow == statement.resources.negated {
        true => Reading::Sparing,
        false => Reading::Generous,
    }
}

fn resources_of<'d>(
    statement: &'d Statement,
    variables: bool,
    own: Option<&'d str>,
) -> impl Iterator<Item = Pattern> + 'd {
    let reading = reading(statement);
    let Clause { patterns, .. } = &statement.resources;
    patterns.iter().filter_map(move |text| match variables {
        true => Pattern::of_resources(text, reading, own),
        false => Some(Pattern::without_variables(text, reading)),
    })
}

fn distinct(patterns: impl Iterator<Item = Pattern>) -> Vec<Pattern> {
    let mut seen = HashSet::new();
    patterns.filter(|pattern| seen.insert(pattern.clone())).collect()
}
