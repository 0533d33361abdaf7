//! A source as its words: names, `::` and single signs, without comments, texts and tests.

/// The words of a source. A text that is a path, as serde's attributes have, counts as the path.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let of_name = |c: char| c.is_alphanumeric() || c == '_';
        let comment = ["//", "/*"].iter().position(|start| rest.starts_with(start));
        let quoted = quoted(rest);
        let length = match comment {
            Some(form) => length_to(rest, ["\n", "*/"][form]),
            None if quoted.is_some() => quoted.unwrap_or_default(),
            None if rest.starts_with("::") => 2,
            None if of_name(first) => rest.find(|c| !of_name(c)).unwrap_or(rest.len()),
            None => first.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        let inner = word.trim_matches('"');
        if quoted.is_none() && comment.is_none() {
            words.push(word);
        } else if inner.contains("::") && inner.chars().all(|c| of_name(c) || c == ':') {
            words.extend(self::words(inner));
        }
        rest = after.trim_start();
    }
    without_tests(&words)
}

/// How far it is to the end of something.
fn length_to(text: &str, end: &str) -> usize {
    text.find(end).map_or(text.len(), |at| at + end.len())
}

/// The length of the text or character that a source goes on with. The `'` of a lifetime is neither.
fn quoted(source: &str) -> Option<usize> {
    let prefix = source.find(|c| !"bcr".contains(c))?;
    let (letters, rest) = source.split_at(prefix);
    let raw = letters.ends_with('r');
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let (start, rest) = (prefix + hashes, &rest[hashes..]);
    if raw && rest.starts_with('"') {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(start + 1 + length_to(&rest[1..], &end));
    }
    let mark = rest.chars().next().filter(|c| hashes == 0 && "\"'".contains(*c))?;
    let mut inside = rest.char_indices().skip(1);
    if mark == '\'' && !rest.starts_with("'\\") && inside.clone().nth(1)?.1 != mark {
        return None;
    }
    while let Some((at, c)) = inside.next() {
        if c == '\\' {
            inside.next();
        } else if c == mark {
            return Some(start + at + 1);
        }
    }
    None
}

/// The words without what only tests are built from.
fn without_tests<'a>(mut words: &[&'a str]) -> Vec<&'a str> {
    let mut kept = Vec::new();
    while let [first, rest @ ..] = words {
        if !words.starts_with(&["#", "[", "cfg", "(", "test", ")", "]"]) {
            kept.push(*first);
            words = rest;
            continue;
        }
        let mut depth = 0;
        let mut head = words.iter().take_while(|word| !["{", ";"].contains(word));
        let of_use = head.any(|word| *word == "use");
        let end = words.iter().position(|word| {
            depth += i32::from(["{", "(", "["].contains(word));
            depth -= i32::from(["}", ")", "]"].contains(word));
            depth == 0 && (*word == ";" || *word == "}" && !of_use)
        });
        words = &words[end.map_or(words.len(), |end| end + 1)..];
    }
    kept
}
