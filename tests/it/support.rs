//! What tests are made of: events of one hour, and an environment of the function that answers them.

pub(crate) mod roles;

use std::borrow::Borrow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use iam_responder::assess::engine::{Engine, SiteFiles, SourceFile};
use iam_responder::effects::faulty::{Faults, Faulty};
use iam_responder::effects::memory::Memory;
use iam_responder::effects::offline::Offline;
use iam_responder::effects::recorder::Recorder;
use iam_responder::effects::{
    Accounts, CalendarState, ChangeCalendars, EffectError, ErrorKind, History, Lookups, PastCalls,
    PriorState, State, Whose,
};
pub(crate) use iam_responder::event::sample::{delivered, session, user};
use iam_responder::event::{Event, Unreadable, sample};
use iam_responder::iam::account::{Account, AccountId};
use iam_responder::iam::region::Region;
use iam_responder::iam::table::TableName;
use iam_responder::pack::PACK;
use iam_responder::prior::{Address, Value as Written, Write};
use iam_responder::respond::lookup::Cache;
use iam_responder::respond::{Mode, Origin, Reminders, RespondError, Responder, Response, Topics};
use iam_responder::site::calendar::IcsFiles;
use iam_responder::site::{Format, TopicSpec};
use iam_responder::text::severity::Severity;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The record of a call at a minute of the hour, by a session of a role.
pub(crate) fn call(source: &str, name: &str, minute: usize, parameters: Value) -> Value {
    let id = format!("{source}-{name}-{minute}-{parameters}");
    let call = sample::call(source, name).at(minute, &id).with("readOnly", false);
    let builder = session("arn:aws:iam::111122223333:role/ci/builder");
    call.by(builder).with("requestParameters", parameters).record()
}

/// The same call by somebody else.
pub(crate) fn by(mut record: Value, identity: Value) -> Value {
    record["userIdentity"] = identity;
    record
}

/// A call in an account at a time, by a user who has a key.
pub(crate) fn by_bob(
    (source, name): (&str, &str),
    (account, id, at): (&str, &str, Timestamp),
    parameters: Value,
) -> Value {
    let bob = sample::with_key(sample::user_of(account, "bob"), "AKIA1");
    let call = sample::call(source, name).at(0, id).with("readOnly", false).by(bob);
    let call = call.with("recipientAccountId", account).with("eventTime", at.to_string());
    call.with("requestParameters", parameters).record()
}

/// The end of the hour.
pub(crate) fn now() -> Timestamp {
    "2026-11-24T13:00:00Z".parse().unwrap()
}

pub(crate) fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), text: text.to_owned() }
}

/// The pack, with a site file beside its own.
pub(crate) fn engine(site: &str) -> Engine {
    let site = SiteFiles { site: file("site.yaml", site), calendars: IcsFiles::new() };
    Engine::packed_with(&PACK, &site).unwrap()
}

/// Rules without the pack, a site file and its calendars.
pub(crate) fn engine_of(rules: &str, site: &str, calendars: IcsFiles) -> Engine {
    let site = SiteFiles { site: file("site.yaml", site), calendars };
    let engine = Engine::load(&[file("rules.yaml", rules)], Some(&site), None);
    engine.map_err(|faults| faults[0].to_string()).unwrap()
}

/// A topic for each severity, named by its word.
pub(crate) fn topics(format: Format) -> Topics {
    let topic = |severity: Severity| {
        (severity, vec![TopicSpec { arn: severity.word().to_owned(), format }])
    };
    Severity::ALL.into_iter().map(topic).collect()
}

/// One environment of the function.
pub(crate) struct World<E, S = Memory, L = Offline> {
    pub engine: E,
    pub topics: Topics,
    pub publish: Recorder,
    /// The results of its publishing.
    pub refusals: Faults,
    pub state: S,
    pub lookups: L,
    pub cache: Cache,
    pub origin: Origin,
    pub reminders: Option<Reminders>,
}

impl<E: Borrow<Engine>> World<E> {
    /// It remembers nothing yet, does not call AWS, and has no topics.
    pub(crate) fn new(engine: E, origin: Origin) -> Self {
        Self::of(engine, origin, Memory::default(), Offline)
    }
}

impl<E: Borrow<Engine>, S: State, L: Lookups> World<E, S, L> {
    /// It has no topics.
    pub(crate) fn of(engine: E, origin: Origin, state: S, lookups: L) -> Self {
        Self {
            engine,
            topics: Topics::default(),
            publish: Recorder::default(),
            refusals: Faults::none(),
            state,
            lookups,
            cache: Cache::default(),
            origin,
            reminders: None,
        }
    }

    pub(crate) fn publisher(&self) -> Faulty<'_, Recorder> {
        Faulty::new(&self.publish, &self.refusals)
    }

    /// The outcome of an event whose alert would be published at a time.
    pub(crate) fn try_answer(
        &self,
        event: Result<Event, Unreadable>,
        now: Timestamp,
        published: Option<Timestamp>,
    ) -> Result<Response, RespondError> {
        let Self { topics, state, lookups, cache, origin, .. } = self;
        let engine = self.engine.borrow();
        let mode = match origin {
            Origin::Checked => Mode::Live,
            Origin::Trusted => Mode::Reading,
        };
        let responder = Responder {
            engine,
            topics,
            publish: &self.publisher(),
            state,
            lookups,
            cache,
            origin: *origin,
            mode,
            reminders: self.reminders.clone(),
        };
        pollster::block_on(responder.respond(event, now, published))
    }

    pub(crate) fn answer(
        &self,
        event: Result<Event, Unreadable>,
        now: Timestamp,
        published: Option<Timestamp>,
    ) -> Response {
        self.try_answer(event, now, published).unwrap()
    }
}

/// Unacknowledged alerts are published again.
pub(crate) fn reminders() -> Reminders {
    Reminders {
        after: SignedDuration::from_mins(30),
        table: Region::parse("eu-west-1").zip(TableName::parse("state")),
    }
}

/// One environment of the function. It uses the given lookups, and publishes unacknowledged alerts again.
pub(crate) fn deployed<'a, P, S, L>(
    (engine, topics): (&'a Engine, &'a Topics),
    (publish, state, lookups): (&'a P, &'a S, &'a L),
    cache: &'a Cache,
) -> Responder<'a, P, S, L> {
    let (origin, mode, reminders) = (Origin::Checked, Mode::Live, Some(reminders()));
    Responder { engine, topics, publish, state, lookups, cache, origin, mode, reminders }
}

/// The outcome of each event, after a seed.
pub(crate) fn responses(
    site: &str,
    seeds: Vec<(Address, Written)>,
    events: impl IntoIterator<Item = Value>,
) -> Vec<Response> {
    let world = World::new(engine(site), Origin::Trusted);
    pollster::block_on(seed(&world.state, seeds));
    let answer = |event: Value| world.answer(Event::parse(&event.to_string()), now(), None);
    events.into_iter().map(answer).collect()
}

async fn seed(state: &Memory, writes: Vec<(Address, Written)>) {
    let at = "2026-11-24T09:00:00Z".parse().unwrap();
    for (address, value) in writes {
        let write = Write::new(at, "seed".to_owned(), value, true);
        state.add_write(&address.text(), &write).await.unwrap();
    }
}

/// The same events, each with its own ID.
pub(crate) fn numbered(mut events: Vec<Value>) -> Vec<Value> {
    for (number, event) in events.iter_mut().enumerate() {
        event["eventID"] = json!(format!("event-{number}"));
    }
    events
}

/// AWS as a test wants it; at first it knows every account and no tags, and keeps its calendars open.
#[derive(Default)]
pub(crate) struct Aws {
    pub accounts: RefCell<BTreeMap<String, Account>>,
    pub calendar: Cell<Option<CalendarState>>,
    pub records: RefCell<Vec<String>>,
    pub down: Cell<bool>,
    pub asked: Cell<u32>,
}

impl Aws {
    fn answer<T>(&self, value: T) -> Result<T, EffectError> {
        self.asked.set(self.asked.get() + 1);
        if self.down.get() {
            return Err(EffectError::new("ask", ErrorKind::NoAnswer, "down"));
        }
        Ok(value)
    }

    pub(crate) fn tag(&self, id: &str, key: &str, value: &str) {
        let tags = [(key.to_owned(), value.to_owned())].into_iter().collect();
        let account = Account { name: Some("lab".to_owned()), tags: Some(tags) };
        self.accounts.borrow_mut().insert(id.to_owned(), account);
    }
}

impl Accounts for Aws {
    fn asks_about_accounts(&self) -> bool {
        true
    }

    async fn account(&self, account: AccountId) -> Result<Option<Account>, EffectError> {
        let unknown = Account { name: None, tags: Some([].into()) };
        let found = self.accounts.borrow().get(account.as_str()).cloned();
        self.answer(Some(found.unwrap_or(unknown)))
    }
}

impl ChangeCalendars for Aws {
    async fn change_calendar(
        &self,
        _: &str,
        _: Timestamp,
    ) -> Result<Option<CalendarState>, EffectError> {
        let open = CalendarState { open: true, until: None };
        self.answer(Some(self.calendar.get().unwrap_or(open)))
    }
}

impl History for Aws {
    async fn newest(
        &self,
        _: AccountId,
        _: &Whose,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Option<PastCalls>, EffectError> {
        self.answer(Some(PastCalls { records: self.records.borrow().clone(), more: false }))
    }
}
