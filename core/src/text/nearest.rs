//! "Did you mean": the nearest right word for a wrong one.

/// Words less similar than this do not help anybody.
const SIMILARITY_MIN: f64 = 0.7;

/// The candidate nearest to `wrong`, where one is near enough.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&wrong, &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

/// [`nearest`] as a sentence.
pub fn suggestion<'a>(
    wrong: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(wrong, candidates).map(|word| format!("did you mean `{word}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested_and_far_ones_are_not() {
        let operators = ["prefix", "suffix", "wildcard", "anything-but", "equals-ignore-case"];
        assert_eq!(nearest("prefx", operators), Some("prefix"));
        assert_eq!(nearest("Anything_But", operators), Some("anything-but"));
        assert_eq!(nearest("zzz", operators), None);
    }
}
