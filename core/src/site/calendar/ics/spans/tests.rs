//! Files as calendar programs write them, and what is wrong with others.

use super::*;

fn file(events: &str) -> Result<Ics, String> {
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n",
        events.replace('\n', "\r\n")
    );
    Ics::read(&text, &TimeZone::get("Europe/Berlin").unwrap(), &mut IcsSize::default())
}

#[track_caller]
fn check(file: &Result<Ics, String>, moment: &str, want: Presence) {
    let file = file.as_ref().unwrap();
    assert_eq!(file.presence(moment.parse().unwrap()), want, "{moment}");
}

#[test]
fn a_series_with_exceptions_moves_and_cancellations() {
    use Presence::{Inside, Outside};
    let weekly = file(
        "BEGIN:VEVENT\nUID:release\nDTSTART;TZID=America/New_York:20260302T200000\nDURATION:PT2H\n\
         RRULE:FREQ=WEEKLY;BYDAY=MO\nEXDATE;TZID=America/New_York:20261116T200000\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:release\nRECURRENCE-ID;TZID=America/New_York:20261123T200000\n\
         DTSTART;TZID=America/New_York:20261124T100000\nDURATION:PT1H\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:release\nRECURRENCE-ID;TZID=America/New_York:20261130T200000\nSTATUS:CANCELLED\n\
         DTSTART;TZID=America/New_York:20261130T200000\nDURATION:PT2H\nEND:VEVENT\n",
    );
    check(&weekly, "2026-11-10T01:30:00Z", Inside); // Monday 20:30 in winter
    check(&weekly, "2026-11-10T03:00:00Z", Outside); // the end is outside
    check(&weekly, "2026-07-07T00:30:00Z", Inside); // Monday 20:30 in summer
    check(&weekly, "2026-11-17T01:30:00Z", Outside); // excepted
    check(&weekly, "2026-11-24T01:30:00Z", Outside); // moved …
    check(&weekly, "2026-11-24T15:30:00Z", Inside); // … to here
    check(&weekly, "2026-12-01T01:30:00Z", Outside); // cancelled
    check(&weekly, "2026-12-08T01:30:00Z", Inside);
}

#[test]
fn times_in_utc_are_in_utc_in_any_zone_of_the_calendar() {
    use Presence::{Inside, Outside};
    let weekly = file(
        "BEGIN:VEVENT\nUID:u\nSEQUENCE:0\nDTSTART:20261102T200000Z\nDTEND:20261102T210000Z\n\
         RRULE:FREQ=WEEKLY;UNTIL=20261214T200000Z\nEXDATE:20261109T200000Z\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:u\nSEQUENCE:3\nSTATUS:CANCELLED\nRECURRENCE-ID:20261116T200000Z\n\
         DTSTART:20261116T200000Z\nDTEND:20261116T210000Z\nEND:VEVENT\n",
    );
    check(&weekly, "2026-11-02T20:30:00Z", Inside);
    check(&weekly, "2026-11-02T19:30:00Z", Outside);
    check(&weekly, "2026-11-09T20:30:00Z", Outside); // excepted
    check(&weekly, "2026-11-16T20:30:00Z", Outside); // cancelled by a later change
    check(&weekly, "2026-12-14T20:30:00Z", Inside); // the last one
    check(&weekly, "2026-12-21T20:30:00Z", Outside);
    // The same moment ends a series that is written in local time.
    let local = file(
        "BEGIN:VEVENT\nUID:l\nDTSTART;TZID=Europe/Berlin:20261102T210000\nDURATION:PT1H\n\
         RRULE:FREQ=WEEKLY;UNTIL=20261214T200000Z\nEND:VEVENT\n",
    );
    check(&local, "2026-12-14T20:30:00Z", Inside);
    check(&local, "2026-12-21T20:30:00Z", Outside);
    // A day as the end of a series holds its occurrence; an occurrence without its series is an event.
    let until = file(
        "BEGIN:VEVENT\nUID:d\nDTSTART;TZID=Europe/Berlin:20261102T210000\nDURATION:PT1H\n\
         RRULE:FREQ=WEEKLY;UNTIL=20261214\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:p\nRECURRENCE-ID:20260101T000000Z\nDTSTART:20260601T100000Z\nDURATION:PT1H\n\
         END:VEVENT\nBEGIN:VEVENT\nUID:q\nRECURRENCE-ID:20260101T000000Z\n\
         DTSTART:20260602T100000Z\nDURATION:PT1H\nEND:VEVENT\n",
    );
    check(&until, "2026-12-14T20:30:00Z", Inside);
    check(&until, "2026-06-01T10:30:00Z", Inside);
    check(&until, "2026-06-02T10:30:00Z", Inside);
}

#[test]
fn zones_of_the_file_are_followed_where_they_have_a_name() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Office\nX-LIC-LOCATION:Asia/Tokyo\nEND:VTIMEZONE\n";
    let event =
        "BEGIN:VEVENT\nUID:o\nDTSTART;TZID=Office:20261102T090000\nDURATION:PT1H\nEND:VEVENT\n";
    check(&file(&format!("{zone}{event}")), "2026-11-02T00:30:00Z", Presence::Inside);
    assert!(file(event).unwrap_err().contains("unknown time zone `Office`"));
}

#[test]
fn whole_days_lie_in_the_zone_of_the_calendar() {
    use Presence::{Inside, Outside};
    let holidays = file(
        "BEGIN:VEVENT\nUID:xmas\nDTSTART;VALUE=DATE:20201225\nDTEND;VALUE=DATE:20201227\nRRULE:FREQ=YEARLY\n\
         END:VEVENT\nBEGIN:VTODO\nUID:task\nDTSTART:20261101T000000Z\nDUE:20261201T000000Z\nEND:VTODO\n",
    );
    check(&holidays, "2026-12-24T23:00:00Z", Inside);
    check(&holidays, "2026-12-24T22:59:59Z", Outside);
    check(&holidays, "2026-12-26T22:59:59Z", Inside);
    check(&holidays, "2026-12-26T23:00:00Z", Outside);
    check(&holidays, "2026-11-20T12:00:00Z", Outside);
}

#[test]
fn beyond_the_last_counted_occurrence_nothing_is_known() {
    let hourly = file(
        "BEGIN:VEVENT\nUID:a\nDTSTART:20260101T000000Z\nDURATION:PT10M\nRRULE:FREQ=HOURLY\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:b\nDTSTART:20260101T003000Z\nDURATION:PT5M\nRRULE:FREQ=DAILY\nEND:VEVENT\n",
    );
    check(&hourly, "2026-07-20T12:05:00Z", Presence::Inside);
    check(&hourly, "2026-07-20T12:15:00Z", Presence::Outside);
    check(&hourly, "2026-07-20T00:31:00Z", Presence::Inside); // as the Z says, in any zone
    check(&hourly, "2040-11-20T12:15:00Z", Presence::Unknown);
    let excepted = file(
        "BEGIN:VEVENT\nUID:a\nDTSTART:20260101T000000Z\nDURATION:PT10M\nRRULE:FREQ=HOURLY\n\
         EXDATE:20260101T010000Z\nEND:VEVENT\n",
    );
    check(&excepted, "2026-11-20T12:05:00Z", Presence::Unknown);
}

/// Outlook's form: a name that IANA does not know, with its rules beside it.
#[test]
fn a_zone_that_the_file_defines_is_followed() {
    use Presence::{Inside, Outside};
    let zone = "BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T030000\n\
                TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\n\
                END:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\n\
                TZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\n\
                END:VTIMEZONE\n";
    let event = "BEGIN:VEVENT\nUID:o\nDTSTART;TZID=W. Europe Standard Time:20260707T200000\n\
                 DURATION:PT1H\nRRULE:FREQ=WEEKLY;UNTIL=20261124T190000Z\n\
                 EXDATE:20261110T190000Z\nEND:VEVENT\n";
    let found = file(&format!("{zone}{event}"));
    check(&found, "2026-07-07T18:30:00Z", Inside); // 20:30 in summer
    check(&found, "2026-11-03T19:30:00Z", Inside); // 20:30 in winter
    check(&found, "2026-11-03T18:30:00Z", Outside);
    check(&found, "2026-11-10T19:30:00Z", Outside); // excepted in UTC
    check(&found, "2026-11-24T19:30:00Z", Inside); // the last, by an end in UTC
    check(&found, "2026-12-01T19:30:00Z", Outside);
    for (wrong, why) in [
        (zone.replace("TZOFFSETTO:+0100", "TZOFFSETTO:one"), "TZOFFSETTO cannot be read"),
        (zone.replace("FREQ=YEARLY", "FREQ=MONTHLY"), "a zone changes once a year"),
        (zone.replace("DTSTART:16010101T030000", "X-A:1"), "DTSTART or RDATE cannot be read"),
    ] {
        let fault = file(&format!("{wrong}{event}")).unwrap_err();
        assert!(
            fault.contains("VTIMEZONE `W. Europe Standard Time`") && fault.contains(why),
            "{fault}"
        );
    }
}

#[test]
fn both_edges_of_daylight_saving() {
    use Presence::{Inside, Outside};
    // 02:30 is skipped on 29 March: nothing takes place, and three occurrences are still three.
    let night = file(
        "BEGIN:VEVENT\nUID:n\nDTSTART:20260328T023000\nDURATION:PT30M\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n",
    );
    check(&night, "2026-03-28T01:45:00Z", Inside);
    check(&night, "2026-03-29T00:45:00Z", Outside);
    check(&night, "2026-03-29T01:45:00Z", Outside);
    check(&night, "2026-03-30T00:45:00Z", Inside);
    check(&night, "2026-03-31T00:45:00Z", Inside);
    check(&night, "2026-04-01T00:45:00Z", Outside);
    // A start at that time is written down, and read by the offset before.
    let once = file("BEGIN:VEVENT\nUID:o\nDTSTART:20260329T023000\nDURATION:PT30M\nEND:VEVENT\n");
    check(&once, "2026-03-29T01:45:00Z", Inside);
    // 02:30 comes twice on 25 October; it begins at the first. An hour is an hour, and a day may have 25.
    let file = |lines: &str| file(&format!("BEGIN:VEVENT\nUID:t\n{lines}END:VEVENT\n"));
    let twice = file("DTSTART:20261025T023000\nDURATION:PT1H\n");
    check(&twice, "2026-10-25T00:29:59Z", Outside);
    check(&twice, "2026-10-25T00:30:00Z", Inside);
    check(&twice, "2026-10-25T01:29:59Z", Inside);
    check(&twice, "2026-10-25T01:30:00Z", Outside);
    for (length, last) in
        [("DURATION:P1D", 11), ("DURATION:PT24H", 10), ("DTEND:20261025T120000", 11)]
    {
        let day = file(&format!("DTSTART:20261024T120000\n{length}\nRRULE:FREQ=MONTHLY;COUNT=2\n"));
        check(&day, &format!("2026-10-25T{:02}:59:59Z", last - 1), Inside);
        check(&day, &format!("2026-10-25T{last}:00:00Z"), Outside);
    }
}

#[test]
fn the_start_is_the_first_for_any_rule() {
    use Presence::{Inside, Outside};
    let found = file(
        "BEGIN:VEVENT\nUID:a\nDTSTART:20261104T100000Z\nDURATION:PT1H\n\
         RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3\nRDATE;VALUE=PERIOD:20261105T100000Z/PT5H,\n \
         20261106T100000Z/20261106T103000Z\nEND:VEVENT\n",
    );
    check(&found, "2026-11-04T10:30:00Z", Inside); // Wednesday
    check(&found, "2026-11-09T10:30:00Z", Inside);
    check(&found, "2026-11-16T10:30:00Z", Inside);
    check(&found, "2026-11-23T10:30:00Z", Outside); // would be the fourth
    check(&found, "2026-11-05T14:30:00Z", Inside); // a period with its own duration
    check(&found, "2026-11-06T10:15:00Z", Inside); // … and with its own end
    check(&found, "2026-11-06T10:45:00Z", Outside);
}

#[test]
fn a_series_without_end_is_known_until_the_horizon() {
    let yearly =
        file("BEGIN:VEVENT\nUID:y\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY\nEND:VEVENT\n");
    check(&yearly, "2099-01-01T12:00:00Z", Presence::Inside);
    check(&yearly, "2099-06-01T12:00:00Z", Presence::Outside);
    check(&yearly, "2100-06-01T12:00:00Z", Presence::Unknown);
    let never = file(
        "BEGIN:VEVENT\nUID:n\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;COUNT=3\nEND:VEVENT\n",
    );
    check(&never, "2100-06-01T12:00:00Z", Presence::Outside);
}

#[test]
fn what_would_be_passed_over_is_an_error() {
    let event = |lines: &str| {
        file(&format!("BEGIN:VEVENT\nUID:x\nDTSTART:20261102T100000Z\n{lines}END:VEVENT\n"))
    };
    for (lines, why) in [
        ("DURATION:P1M\n", "DURATION `P1M` cannot be read"),
        ("DURATION:-PT1H\n", "DURATION `-PT1H` is nothing"),
        ("DURATION:PT0S\n", "DURATION `PT0S` is nothing"),
        ("DURATION:PT0.9S\n", "DURATION `PT0.9S` cannot be read"),
        ("DURATION:PT1H\nDTEND:20261102T110000Z\n", "both DTEND and DURATION"),
        ("DTEND:20261102T090000Z\n", "DTEND is not after DTSTART"),
        ("DTEND:20261102T100000Z\n", "DTEND is not after DTSTART"),
        ("DTEND;VALUE=DATE:20261103\n", "one is a day and the other has a time"),
        ("DURATION:PT1H\nDURATION:PT2H\n", "more than one DURATION"),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY\n", "more than one RRULE"),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY;UNTILL=20261201\n", "`UNTILL` is not followed"),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY;RSCALE=HEBREW\n", "`RSCALE` is not followed"),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2;COUNT=3\n", "is there twice"),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2;UNTIL=20261201\n", "UNTIL and COUNT"),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261101T000000Z\n", "UNTIL is before DTSTART"),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY;INTERVAL=0\n", "cannot be zero"),
        ("DURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=2MO\n", "BYDAY ordinal"),
        ("DURATION:PT1S\nRRULE:FREQ=SECONDLY\n", "FREQ is not followed"),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY;COUNT\n", "`COUNT` says nothing"),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=0\n", "that no period has"),
        ("DURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=60MO\n", "that no period has"),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY;BYDAY=\n", "`BYDAY` says nothing"),
        (
            "DURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5\n",
            "more than 24 times of day",
        ),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=1,2;BYSETPOS=1\n", "BYSETPOS"),
        ("DURATION:PT1H\nSTATUS:CANCELED\n", "STATUS is none of"),
        ("DURATION:PT1H\nSTATUS:CONFIRMED\nSTATUS:CANCELLED\n", "more than one STATUS"),
        ("DURATION:PT1H\nEXDAT:20261102T100000Z\n", "unknown property `EXDAT`"),
        ("DURATION:PT1H\nBEGIN:VEVENT\nUID:y\nEND:VEVENT\n", "`VEVENT` within an event"),
        ("DURATION:PT1H\nRDATE;VALUE=DATE:20261103\n", "RDATE is a day"),
        (
            "DURATION:PT1H\nRDATE;VALUE=PERIOD:20261103T100000Z/20261103T090000Z\n",
            "RDATE ends before",
        ),
        ("DURATION:PT1H\nEXRULE:FREQ=DAILY\n", "EXRULE is not followed"),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY\nEXDATE:soon\n", "EXDATE cannot be read"),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY\nEXDATE;VALUE=DATE:20261103\n", "EXDATE is a day"),
        ("DURATION:PT1H\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261102T100000Z\n", "THISANDFUTURE"),
        (
            "DURATION:PT1H\nRECURRENCE-ID:20261102T100000Z\nRRULE:FREQ=DAILY\n",
            "beside RECURRENCE-ID",
        ),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY\nEXDATE;TZID=Nowhere:20261103T100000\n", "`Nowhere`"),
    ] {
        let fault = event(lines).unwrap_err();
        assert!(fault.starts_with("line 3: event x: ") && fault.contains(why), "{lines}: {fault}");
    }
}

#[test]
fn events_without_length_are_a_moment_or_a_day() {
    use Presence::{Inside, Outside};
    let moment = file(
        "BEGIN:VEVENT\nUID:m\nDTSTART:20261102T200000Z\nRRULE:FREQ=DAILY;COUNT=2\nEND:VEVENT\n",
    );
    check(&moment, "2026-11-02T20:00:00Z", Inside);
    check(&moment, "2026-11-02T20:00:01Z", Outside);
    check(&moment, "2026-11-02T19:59:59Z", Outside);
    check(&moment, "2026-11-03T20:00:00.5Z", Inside);
    let day = file("BEGIN:VEVENT\nUID:d\nDTSTART;VALUE=DATE:20261102\nEND:VEVENT\n");
    check(&day, "2026-11-02T22:59:59Z", Inside);
    check(&day, "2026-11-02T23:00:00Z", Outside); // midnight in Berlin
    let refused = file(
        "BEGIN:VEVENT\nUID:a\nDTSTART:20261102T200000Z\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:b\nDTSTART:20261102T200000Z\nDTEND:20261102T200000Z\nEND:VEVENT\n",
    );
    assert_eq!(
        refused.unwrap_err(),
        "line 7: event b: DTEND is not after DTSTART, or years after it"
    );
}

#[test]
fn another_zone_than_that_of_the_calendar_is_named_where_it_matters() {
    let zone = |name: &str, start: &str| {
        let event = format!("BEGIN:VEVENT\nUID:z\n{start}\nEND:VEVENT\n");
        file(&format!("X-WR-TIMEZONE:{name}\n{event}")).unwrap().other_zone().map(str::to_owned)
    };
    let floating = "DTSTART:20261102T200000";
    assert_eq!(zone("America/New_York", floating).as_deref(), Some("America/New_York"));
    assert_eq!(
        zone("America/New_York", "DTSTART;VALUE=DATE:20261102").as_deref(),
        Some("America/New_York")
    );
    assert_eq!(zone("Europe/Berlin", floating), None);
    assert_eq!(zone("America/New_York", "DTSTART:20261102T200000Z"), None);
    assert_eq!(zone("America/New_York", "DTSTART;TZID=Asia/Tokyo:20261102T200000"), None);
}

#[test]
fn what_names_no_occurrence_or_two_is_an_error() {
    let series = "BEGIN:VEVENT\nUID:s\nDTSTART:20261102T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\nEND:VEVENT\n";
    let other =
        |lines: &str| file(&format!("{series}BEGIN:VEVENT\n{lines}DURATION:PT1H\nEND:VEVENT\n"));
    for (lines, why) in [
        ("UID:s\nDTSTART:20261103T100000Z\n", "its UID is there twice"),
        ("RECURRENCE-ID:20261103T100000Z\n", "RECURRENCE-ID without UID"),
        ("UID:s\nDTSTART:20261103T100000Z\nRECURRENCE-ID;VALUE=DATE:20261103\n", "is a day"),
        (
            "UID:s\nRECURRENCE-ID:20261103T100000Z\nDURATION:PT1H\nEND:VEVENT\n\
             BEGIN:VEVENT\nUID:s\nRECURRENCE-ID:20261103T100000Z\nSTATUS:CANCELLED\n",
            "changed twice",
        ),
    ] {
        let fault = other(lines).unwrap_err();
        assert!(fault.contains(why), "{lines}: {fault}");
    }
    let days = "BEGIN:VEVENT\nUID:d\nDTSTART;VALUE=DATE:20261102\nRRULE:FREQ=DAILY";
    for (lines, why) in [
        ("\nEXDATE:20261103T000000Z\n", "EXDATE has a time"),
        (";BYHOUR=9\n", "of whole days"),
        ("\nDURATION:PT8H\n", "of whole days"),
    ] {
        let fault = file(&format!("{days}{lines}END:VEVENT\n")).unwrap_err();
        assert!(fault.contains(why), "{lines}: {fault}");
    }
    // An end in UTC is the day that the calendar's own clock shows.
    let until = file(&format!("{days};UNTIL=20261107T230000Z\nEND:VEVENT\n"));
    check(&until, "2026-11-08T12:00:00Z", Presence::Inside);
    check(&until, "2026-11-09T12:00:00Z", Presence::Outside);
}

#[test]
fn what_is_no_whole_calendar_is_an_error() {
    let with = |lines: &str| {
        Ics::read(
            &format!("BEGIN:VCALENDAR\n{lines}END:VCALENDAR\n"),
            &TimeZone::UTC,
            &mut IcsSize::default(),
        )
    };
    let deep = format!("{}{}", "BEGIN:X\n".repeat(5), "END:X\n".repeat(5));
    assert!(with(&format!("BEGIN:VTODO\n{deep}")).unwrap_err().contains("within each other"));
    for (lines, why) in [
        ("VERSION:1.0\n", "VERSION"),
        ("CALSCALE:HEBREW\n", "CALSCALE"),
        ("METHOD:CANCEL\n", "line 2: METHOD is CANCEL: none of its events takes place"),
        ("METHOD:COUNTER\n", "line 2: METHOD is not followed"),
        ("BEGIN:VEVNT\nEND:VEVNT\n", "unknown component `VEVNT`"),
        ("BEGIN:VEVENT\nEND:VTODO\n", "ends what did not begin"),
        ("BEGIN:VTIMEZONE\nEND:VTIMEZONE\n", "VTIMEZONE without TZID"),
        ("X:1\rY:2\n", "CR alone"),
    ] {
        let fault = with(lines).unwrap_err();
        assert!(fault.contains(why), "{lines}: {fault}");
    }
    // Blank lines do not hide what begins behind them.
    assert!(with(&"\n\n\n  BEGIN:X\n".repeat(2_000)).is_err());
    assert!(with(&"BEGIN:X\n".repeat(100_000)).unwrap_err().contains("within each other"));
    // Two calendars in a file: what the second changes counts.
    let series = "BEGIN:VEVENT\nUID:s\nDTSTART:20261102T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\nEND:VEVENT\n";
    let second = "END:VCALENDAR\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:s\nRECURRENCE-ID:20261103T100000Z\n\
                  STATUS:CANCELLED\nDURATION:PT1H\nEND:VEVENT\n";
    let both = with(&format!("{series}{second}"));
    check(&both, "2026-11-03T10:30:00Z", Presence::Outside);
    check(&both, "2026-11-04T10:30:00Z", Presence::Inside);
}

#[test]
fn what_is_no_calendar_is_refused() {
    for text in ["", "hello\r\n", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "{}"] {
        assert!(Ics::read(text, &TimeZone::UTC, &mut IcsSize::default()).is_err(), "{text:?}");
    }
    let bad = file("BEGIN:VEVENT\nUID:x\nDTSTART:yesterday\nEND:VEVENT\n");
    assert!(bad.is_err());
    let rule =
        file("BEGIN:VEVENT\nUID:x\nDTSTART:20260101T000000Z\nRRULE:FREQ=OFTEN\nEND:VEVENT\n");
    assert!(rule.is_err());
}

#[test]
fn exceptions_that_hit_no_occurrence_are_named() {
    let series = "BEGIN:VEVENT\nUID:s\nDTSTART;TZID=Europe/Berlin:20261102T210000\nDURATION:PT1H\n\
                  RRULE:FREQ=WEEKLY;COUNT=4\n";
    let missed = |rest: &str| file(&format!("{series}{rest}")).unwrap().missed().to_vec();
    let one = |rest: &str, want: &str| {
        let found = missed(rest);
        assert!(found.len() == 1 && found[0].contains(want), "{found:?}");
    };
    one(
        "EXDATE;TZID=Europe/Berlin:20261109T200000\nEND:VEVENT\n",
        "line 3: event s: EXDATE 20261109T200000",
    );
    let other = |at: &str, status: &str| {
        format!(
            "END:VEVENT\nBEGIN:VEVENT\nUID:s\nRECURRENCE-ID;TZID=Europe/Berlin:{at}\n{status}\
             DTSTART;TZID=Europe/Berlin:20261110T210000\nDURATION:PT1H\nEND:VEVENT\n"
        )
    };
    one(
        &other("20261110T210000", "STATUS:CANCELLED\n"),
        "line 9: event s: RECURRENCE-ID 20261110T210000",
    );
    one(&other("20261110T210000", ""), "RECURRENCE-ID");
    one(
        &other("20261109T210000", "STATUS:CANCELLED\n").replace("UID:s", "UID:t"),
        "cancels nothing",
    );
    for fine in [
        "EXDATE:20261109T200000Z\nEND:VEVENT\n".to_owned(),
        "END:VEVENT\n".to_owned(),
        other("20261109T210000", "STATUS:CANCELLED\n"),
        other("20261109T210000", ""),
        other("20261109T210000", "").replace("UID:s", "UID:t"),
    ] {
        assert!(missed(&fine).is_empty(), "{fine}");
    }
    // Of what lies beyond the last occurrence that is counted nobody knows.
    let endless = "BEGIN:VEVENT\nUID:e\nDTSTART;VALUE=DATE:20100101\nRRULE:FREQ=DAILY\n\
                   EXDATE;VALUE=DATE:20990101\nEND:VEVENT\n";
    assert!(file(endless).unwrap().missed().is_empty());
}

#[test]
fn words_that_no_calendar_has_are_refused_at_their_line() {
    let event = "BEGIN:VEVENT\nUID:m\nDTSTART:20261102T200000Z\nDURATION:PT1H\nEND:VEVENT\n";
    let refused = |text: &str, want: &str| {
        let fault = file(text).unwrap_err();
        assert!(fault.contains(want), "{fault}");
    };
    refused(&format!("FOO:bar\n{event}"), "line 3: unknown property `FOO`");
    refused(&event.replace("UID:m\n", "UID:m\nMETHOD:CANCEL\n"), "METHOD within an event");
    let second =
        format!("{event}END:VCALENDAR\nBEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:CANCEL\n{event}");
    refused(&format!("METHOD:PUBLISH\n{second}"), "line 12: METHOD is CANCEL");
    for fine in
        ["X-FOO:bar\n", "x-foo:bar\n", "NAME:Releases\n", "REFRESH-INTERVAL;VALUE=DURATION:P1D\n"]
    {
        assert!(file(&format!("{fine}{event}")).is_ok(), "{fine}");
    }
    let local = event.replace("200000Z", "200000");
    let named = file(&format!("TIMEZONE-ID:Asia/Tokyo\n{local}")).unwrap();
    assert_eq!(named.other_zone(), Some("Asia/Tokyo"));
}
