//! A world in which everything goes wrong that may: [`next`] is run through thousands of random schedules of it.

use jiff::{SignedDuration, Timestamp};

use super::super::journal::{Answer, End, Entry, How, Stuck, What};
use super::{FENCE, Look, Move, Sight, Situation, next};

/// Milliseconds since the event.
type Ms = i64;

/// Numbers by chance, the same for the same seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn percent(&mut self, of_hundred: u64) -> bool {
        self.number() % 100 < of_hundred
    }

    fn between(&mut self, from: Ms, to: Ms) -> Ms {
        from + i64::try_from(self.number() % u64::try_from(to - from).unwrap()).unwrap()
    }
}

/// Who changed the thing, when, and whether the change stands since.
#[derive(Debug, Clone, Copy)]
struct Change {
    at: Ms,
    stands: bool,
    ours: bool,
    /// When CloudTrail delivers it, if ever.
    known: Option<Ms>,
}

/// What goes wrong, in percent.
#[derive(Debug, Clone, Copy)]
struct Faults {
    crash: u64,
    lost: u64,
    frozen: u64,
    stale: u64,
    later: u64,
    never: u64,
    unreadable: u64,
    /// Somebody else undoes the change, or makes it again.
    others: u64,
}

const NONE: Faults =
    Faults { crash: 0, lost: 0, frozen: 0, stale: 0, later: 0, never: 0, unreadable: 0, others: 0 };
const ALL: Faults = Faults {
    crash: 6,
    lost: 15,
    frozen: 3,
    stale: 60,
    later: 10,
    never: 1,
    unreadable: 2,
    others: 30,
};

struct World {
    chance: Chance,
    faults: Faults,
    /// In the order of their times.
    changes: Vec<Change>,
    journal: Vec<Entry>,
    /// Writes that AWS carried out after the journal knew of one that was done.
    second_writes: usize,
    /// Writes that undid what somebody did after the event.
    overwritten: usize,
}

/// A copy of the remediator.
#[derive(Debug, Clone, Copy, Default)]
struct Copy {
    ready: Ms,
    look: Option<Look>,
    rests: bool,
}

fn time(ms: Ms) -> Timestamp {
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_millis(ms)).unwrap()
}

fn ms(at: Timestamp) -> Ms {
    at.as_millisecond()
}

impl World {
    fn new(seed: u64, faults: Faults) -> Self {
        let mut chance = Chance(seed);
        let mut changes = vec![Change { at: 0, stands: true, ours: false, known: Some(0) }];
        let mut at = 0;
        while chance.percent(faults.others) {
            at += chance.between(500, 90_000);
            let stands = changes.len() % 2 == 0;
            let known = (!chance.percent(2)).then(|| at + chance.between(1_000, 60_000));
            changes.push(Change { at, stands, ours: false, known });
        }
        let journal = vec![Entry { at: time(2_000), what: What::Released }];
        Self { chance, faults, changes, journal, second_writes: 0, overwritten: 0 }
    }

    /// The last change until a moment. Before the event nothing stands.
    fn last(&self, at: Ms) -> Change {
        let last = self.changes.iter().rev().find(|change| change.at <= at);
        last.copied().unwrap_or(Change { at: Ms::MIN, stands: false, ours: false, known: None })
    }

    fn append(&mut self, read: usize, at: Ms, what: What) -> bool {
        let free = self.journal.len() == read;
        if free {
            self.journal.push(Entry { at: time(at), what });
        }
        free
    }

    /// AWS carries a write out.
    fn write(&mut self, at: Ms) -> Answer {
        if self.chance.percent(self.faults.later) {
            return Answer::Later;
        }
        if self.chance.percent(self.faults.never) {
            return Answer::Never;
        }
        let last = self.last(at);
        if !last.stands {
            return Answer::NotFound;
        }
        let done = |entry: &Entry| matches!(entry.what, What::Answer { answer: Answer::Done, .. });
        self.second_writes += usize::from(self.journal.iter().any(done));
        self.overwritten += usize::from(last.at > 0);
        let known = (!self.chance.percent(2)).then(|| at + self.chance.between(1_000, 60_000));
        let place = self.changes.partition_point(|change| change.at <= at);
        self.changes.insert(place, Change { at, stands: false, ours: true, known });
        // What somebody else meant to undo is undone; what he makes again is made again.
        let mut stands = false;
        self.changes.retain(|change| {
            let counts = change.at <= at || change.stands != stands;
            if change.at > at && counts {
                stands = change.stands;
            }
            counts
        });
        Answer::Done
    }

    fn sight(&mut self, at: Ms) -> Sight {
        if self.chance.percent(self.faults.unreadable) {
            return Sight::Unreadable;
        }
        let stale = self.chance.percent(self.faults.stale);
        let shown = if stale { at - self.chance.between(0, 6_000) } else { at };
        if self.last(shown).stands { Sight::Changed } else { Sight::Undone }
    }

    /// What CloudTrail has delivered until now: a write of ours, a later one of somebody else.
    fn events(&self, now: Ms) -> (bool, bool) {
        let known = |change: &&Change| change.known.is_some_and(|known| known <= now);
        let of = |ours| {
            let mut known = self.changes.iter().filter(known);
            known.any(move |change| change.ours == ours && change.at > 0)
        };
        (of(true), of(false))
    }

    /// One move of one copy.
    fn step(&mut self, copy: &mut Copy) {
        let now = copy.ready;
        if self.chance.percent(self.faults.crash) {
            *copy = Copy { ready: now + self.chance.between(1_000, 30_000), ..Copy::default() };
            return;
        }
        let read = self.journal.len();
        let (own_event, later_event) = self.events(now);
        let situation = Situation {
            journal: &self.journal,
            steps: 1,
            event_at: time(0),
            rehearsal: false,
            look: copy.look,
            guards: Ok(()),
            own_event,
            later_event,
            now: time(now),
        };
        let took = self.chance.between(20, 400);
        match next(&situation) {
            Move::Wait(until) => {
                assert!(ms(until) > now, "waits for the past");
                copy.ready = ms(until);
                return;
            }
            Move::Look(step) => {
                let sight = self.sight(now + took / 2);
                copy.look = Some(Look { step, at: time(now), sight });
            }
            Move::Write(step) => return self.send(copy, read, step),
            Move::Over(step, how) => _ = self.append(read, now, What::Over { step, how }),
            Move::End(end) => _ = self.append(read, now, What::End(end)),
            Move::Held => _ = self.append(read, now, What::Held),
            Move::Rest => copy.rests = true,
        }
        copy.ready = now + took;
    }

    fn send(&mut self, copy: &mut Copy, read: usize, step: usize) {
        let begun = copy.ready;
        copy.ready += 50;
        if !self.append(read, begun, What::Intent { step }) {
            return;
        }
        let frozen = self.chance.percent(self.faults.frozen);
        let at = begun + if frozen { self.chance.between(0, 90_000) } else { 30 };
        copy.ready = at + self.chance.between(50, 900);
        let crashed = self.chance.percent(self.faults.crash);
        if crashed || at > begun + ms(time(0).checked_add(FENCE).unwrap()) {
            return;
        }
        let answer = self.write(at);
        let (lost, crashed) =
            (self.chance.percent(self.faults.lost), self.chance.percent(self.faults.crash));
        if crashed {
            *copy = Copy { ready: at + self.chance.between(1_000, 30_000), ..Copy::default() };
            return;
        }
        let answer = if lost { Answer::None } else { answer };
        self.append(read + 1, copy.ready, What::Answer { step, answer });
    }

    fn run(mut self) -> Self {
        let second = self.chance.percent(50);
        let mut copies = vec![Copy { ready: 2_500, ..Copy::default() }];
        if second && self.faults.crash > 0 {
            let ready = self.chance.between(2_500, 40_000);
            copies.push(Copy { ready, ..Copy::default() });
        }
        for _ in 0..5_000 {
            let waiting = copies.iter_mut().filter(|copy| !copy.rests);
            let Some(copy) = waiting.min_by_key(|copy| copy.ready) else { return self };
            self.step(copy);
        }
        panic!("no end after 5,000 moves: {:?}", self.journal);
    }

    /// The first end, and the last.
    fn ends(&self) -> (End, Ms, End) {
        let mut ends = self.journal.iter().filter_map(|entry| match entry.what {
            What::End(end) => Some((end, ms(entry.at))),
            _ => None,
        });
        let (first, at) = ends.next().expect("an end");
        (first, at, ends.next_back().map_or(first, |(end, _)| end))
    }

    fn check(&self) {
        let (first, at, last) = self.ends();
        let line = || format!("{:?}\n{:#?}", self.changes, self.journal);
        assert_eq!(self.second_writes, 0, "a second write after one that was done: {}", line());
        if matches!(first, End::Done | End::AlreadyUndone) {
            let undone = self.changes.iter().any(|change| !change.stands && change.at <= at);
            assert!(undone, "called undone, and never was: {}", line());
        }
        let held = self.journal.iter().find(|entry| entry.what == What::Held);
        if let Some(held) = held {
            let then = self.last(ms(held.at) - 7_000);
            assert!(
                !then.stands || self.last(ms(held.at)).at > then.at,
                "held, and stands: {}",
                line()
            );
        }
        if last == End::Flipped {
            let back = self.changes.windows(2).any(|two| !two[0].stands && two[1].stands);
            assert!(back, "nobody made it again: {}", line());
        }
        if first == End::Done && held.is_none() {
            assert!(matches!(last, End::Flipped | End::Stuck(_)), "no second look: {}", line());
        }
    }
}

fn share(count: usize, of: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / f64::from(u32::try_from(of).unwrap())
}

#[test]
fn where_nothing_goes_wrong_the_change_is_undone_at_once_and_looked_at_twice() {
    let world = World::new(1, NONE).run();
    let what: Vec<What> = world.journal.iter().map(|entry| entry.what).collect();
    assert_eq!(
        what,
        [
            What::Released,
            What::Intent { step: 0 },
            What::Answer { step: 0, answer: Answer::Done },
            What::Over { step: 0, how: How::Done },
            What::End(End::Done),
            What::Held,
        ]
    );
    let (_, at, _) = world.ends();
    assert!(at < 6_000, "{at} ms");
}

#[test]
fn no_schedule_ends_in_silence_in_a_false_word_or_in_a_second_write() {
    const RUNS: usize = 100_000;
    let (mut overwritten, mut done, mut stuck) = (0, 0, 0);
    for seed in 0..u64::try_from(RUNS).unwrap() {
        let world = World::new(seed, ALL).run();
        world.check();
        overwritten += world.overwritten;
        let (first, _, _) = world.ends();
        done += usize::from(matches!(first, End::Done | End::AlreadyUndone));
        stuck += usize::from(matches!(first, End::Stuck(Stuck::Unanswered | Stuck::Full)));
    }
    assert!(share(overwritten, RUNS) <= 0.001, "{overwritten} of {RUNS} changes of others undone");
    assert!(share(done, RUNS) > 0.7, "{done} of {RUNS} undone");
    assert!(share(stuck, RUNS) < 0.01, "{stuck} of {RUNS} stuck");
}
