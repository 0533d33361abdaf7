//! Text that channels turn into a link or a mention.
//!
//! Mail programs, chats and ticket systems find links in plain text by themselves, and each by its own
//! rules. A character is *live* where taking it apart from its neighbours leaves nothing to find.
//!
//! ```
//! use iam_responder_core::text::live::is_live;
//! let text: Vec<char> = "see //evil.example".chars().collect();
//! assert!(is_live(&text, 5), "the second slash");
//! ```

/// Words that call everybody of a channel, behind an at sign, also in the middle of a word.
const EVERYBODY: [&str; 8] =
    ["everyone", "channel", "here", "all", "team", "room", "group", "online"];
/// Schemes that need no slashes.
const SCHEMES: [&str; 5] = ["mailto", "tel", "sms", "callto", "javascript"];
/// Beginnings of host names that need no scheme; digits may follow the first.
const HOSTS: [&str; 2] = ["www", "ftp"];

/// Longest name of a host, in characters. Source: RFC 1035, 2.3.4.
const HOST_CHARS_MAX: usize = 255;

/// Can the character be live at any place?
#[must_use]
pub(crate) fn may_be_live(c: char) -> bool {
    matches!(c, '/' | '\\' | ':' | '(' | '[' | '~' | '@') || is_dot(c)
}

/// Is the character at this place live?
#[must_use]
pub fn is_live(text: &[char], at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at + 1..).unwrap_or_default();
    let follows = |c: char| before.last() == Some(&c);
    match text.get(at) {
        // `//host` is a link in some channels, `\\host` one to a file server.
        Some('/') => follows('/'),
        Some('\\') => follows('\\'),
        // Browsers treat full stops of other scripts as dots.
        Some(dot) if is_dot(*dot) => ends_as_host(before) || is_before_domain(before, after),
        Some(':') => ends_as_scheme(before) && after.first().is_some_and(|c| !c.is_whitespace()),
        // `[text](target)`, `[text][name]`
        Some('(' | '[') => follows(']'),
        // `[~user]`
        Some('~') => follows('['),
        Some('@') => is_mention(before, after),
        _ => false,
    }
}

/// Does the text end with the word, without a letter or digit before it?
fn ends_with(before: &[char], word: &str) -> bool {
    let split = before.len().checked_sub(word.len()).and_then(|at| before.split_at_checked(at));
    split.is_some_and(|(rest, end)| {
        end.iter().zip(word.chars()).all(|(c, of_word)| c.eq_ignore_ascii_case(&of_word))
            && rest.last().is_none_or(|c| !c.is_alphanumeric())
    })
}

fn ends_as_host(before: &[char]) -> bool {
    let digits = before.iter().rev().take(3).take_while(|c| c.is_ascii_digit()).count();
    let bare = before.get(..before.len() - digits).unwrap_or_default();
    HOSTS.iter().any(|host| ends_with(before, host) || ends_with(bare, host))
}

fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

/// Is this between a name and its domain, with only top-level domains behind it? Mail addresses do not count, as they
/// open only the mail program, nor do AWS's services, whose names nobody else can have.
fn is_before_domain(before: &[char], after: &[char]) -> bool {
    let in_host = |c: &&char| is_dot(**c) || is_of_label(**c);
    let behind: String = after.iter().take(HOST_CHARS_MAX).take_while(in_host).collect();
    let ends = behind.trim_end_matches(|c| is_dot(c) || c == '-');
    let follows = before.last().is_some_and(|c| is_of_label(*c));
    if !follows || ends.is_empty() || !ends.split(is_dot).all(is_top_level) {
        return false;
    }
    let back = before.iter().rev().take(HOST_CHARS_MAX).take_while(in_host);
    let host: String = back.clone().collect::<Vec<_>>().into_iter().rev().collect();
    let rest = before.len().checked_sub(back.count()).and_then(|at| before.get(..at));
    let of_mail = rest.is_some_and(|rest| match rest {
        [.., local, '@'] => local.is_alphanumeric() || matches!(local, '.' | '_' | '+' | '-'),
        _ => false,
    });
    !of_mail && !is_of_aws(&format!("{host}.{ends}"))
}

fn is_of_label(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

/// Any label of another script is taken for one.
fn is_top_level(label: &str) -> bool {
    !label.is_empty() && (!label.is_ascii() || tld::exist_case_insensitive(label))
}

/// `SERVICE.amazonaws.com` or `SERVICE.REGION.amazonaws.com`, also of China. Names that customers choose are further
/// subdomains, and buckets are beside `s3`.
fn is_of_aws(host: &str) -> bool {
    let of_aws = [".amazonaws.com", ".amazonaws.com.cn"];
    let Some(service) = of_aws.iter().find_map(|domain| host.strip_suffix(domain)) else {
        return false;
    };
    let service = match service.split_once('.') {
        Some((service, region)) if is_region(region) => service,
        Some(_) => return false,
        None => service,
    };
    !service.starts_with("s3")
}

/// `eu-west-1`: two letters, words, a digit.
fn is_region(label: &str) -> bool {
    let words: Vec<&str> = label.split('-').collect();
    words.len() >= 3
        && words.first().is_some_and(|word| {
            word.chars().all(|c| c.is_ascii_lowercase()) && (word.len() == 2 || *word == "eusc")
        })
        && words.last().is_some_and(|word| word.chars().all(|c| c.is_ascii_digit()))
}

fn ends_as_scheme(before: &[char]) -> bool {
    SCHEMES.iter().any(|scheme| ends_with(before, scheme))
}

/// `@name` where no mail address goes before it, or a word that calls everybody.
fn is_mention(before: &[char], after: &[char]) -> bool {
    let local = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    let named = after.first().is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let word: String = after.iter().take_while(|c| c.is_alphanumeric()).take(16).collect();
    let behind = after.get(word.chars().count());
    let ends = behind.is_none_or(|c| !matches!(c, '.' | '-' | '_'));
    let everybody = EVERYBODY.iter().any(|call| word.eq_ignore_ascii_case(call));
    (named && before.last().is_none_or(|c| !local(c))) || (everybody && ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The live characters of a text, in brackets.
    #[track_caller]
    fn check(text: &str, want: &str) {
        let chars: Vec<char> = text.chars().collect();
        let mark = |(at, c): (usize, &char)| match is_live(&chars, at) {
            true => format!("[{c}]"),
            false => c.to_string(),
        };
        let marked: String = chars.iter().enumerate().map(mark).collect();
        assert_eq!(marked, want);
    }

    #[test]
    fn links_in_every_form() {
        check("http://a.example", "http:/[/]a.example");
        check("///a", "/[/][/]a");
        check(r"\\files\a", r"\[\]files\a");
        check("WWW.a.example www2.a", "WWW[.]a.example www2[.]a");
        check("www\u{3002}a", "www[\u{3002}]a");
        check("-ftp.a", "-ftp[.]a");
        check("mailto:a javascript:b", "mailto[:]a javascript[:]b");
        check("[a](b) [a][b]", "[a][(]b) [a][[]b]");
    }

    #[test]
    fn hosts_without_a_scheme() {
        check("login-aws.com and a.co.uk.", "login-aws[.]com and a[.]co[.]uk.");
        check("oidc.ci.example.net/x", "oidc.ci.example[.]net/x");
        check(
            "EVIL.CoM b\u{3002}com a.\u{440}\u{444}",
            "EVIL[.]CoM b[\u{3002}]com a[.]\u{440}\u{444}",
        );
        check("evil.com: role/evil.com-", "evil[.]com: role/evil[.]com-");
        check("b.s3.amazonaws.com s3.amazonaws.com", "b.s3.amazonaws[.]com s3.amazonaws[.]com");
        check("b.s3-eu-west-1.amazonaws.com", "b.s3-eu-west-1.amazonaws[.]com");
        check("x.execute-api.eu-west-1.amazonaws.com", "x.execute-api.eu-west-1.amazonaws[.]com");
        check("amazonaws.com.evil.com", "amazonaws.com.evil[.]com");
        check("@evil.com", "[@]evil[.]com");
    }

    #[test]
    fn mentions_in_every_form() {
        check("@everyone (@ops) x@here", "[@]everyone ([@]ops) x[@]here");
        check("[~ops]", "[[~]ops]");
    }

    #[test]
    fn ordinary_texts_have_none() {
        for text in [
            "alice@example.com and a.b+c@mail.example.co.uk",
            "lambda.amazonaws.com, sts.eu-west-1.amazonaws.com and ec2.amazonaws.com.cn",
            "role/aws-reserved/sso.amazonaws.com/eu-west-1/x sqs.eu-west-1.amazonaws.com/1/b",
            "alice.smith v1.2.3 a..b x. .com",
            "arn:aws:iam::111122223333:role/a/b",
            "a.b@all.example and x@here-and-there",
            "Boto3/1.40.1 md/Botocore#1.40.1 (linux)",
            "awww.nice 7www.",
            "hotel: none",
            "tel: none",
            "@",
            "",
        ] {
            check(text, text);
        }
    }
}
