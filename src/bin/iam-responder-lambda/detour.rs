//! Topics of the site file that the function cannot publish to: what the alerts for them say.

use iam_responder::operate::settings::Refusal;
use iam_responder::text::line::Line;
use iam_responder::text::severity::Severity;

/// Most topics named in one note.
const TOPICS_MAX: usize = 3;

/// The sentence in an alert of this severity about the topics that it does not reach.
pub(crate) fn detour(severity: Severity, refused: &[Refusal]) -> Line {
    let says = Line::from("The site file sends ")
        .and(severity.word())
        .and(" alerts where the function cannot publish; they come to the topic for ")
        .and(severity.word())
        .and(" alerts instead.");
    let cause = |refusal: &Refusal| Line::text(&format!("{refusal}: {}.", refusal.help()));
    let says = refused
        .iter()
        .take(TOPICS_MAX)
        .map(cause)
        .fold(says, |says, cause| says.and(" ").and(cause));
    match refused.len().saturating_sub(TOPICS_MAX) {
        0 => says,
        more => says.and(" And ").and(Line::text(&more.to_string())).and(" more."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_a_few_and_counts_the_rest() {
        let arn = "arn:aws:sns:us-east-1:111122223333:lost";
        let refused = vec![Refusal::NotListed { arn: arn.to_owned() }; TOPICS_MAX + 2];
        let said = detour(Severity::High, &refused).shown();
        assert_eq!(said.matches(arn).count(), TOPICS_MAX, "{said}");
        assert!(said.ends_with(". And 2 more."), "{said}");
    }
}
