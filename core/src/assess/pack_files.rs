//! The files that the build makes a pack of: the site file, and the rules beside it.

use super::engine::{SITE_FILE, SourceFile, site_document};
use crate::text::yaml::{Fault, YamlDocument};

/// The documents of a folder's files, each by what it is.
#[derive(Debug, Default)]
pub struct PackFiles {
    /// The rules, in the order of their files.
    pub rules: Vec<YamlDocument>,
    /// The site.
    pub site: Option<YamlDocument>,
    /// Faults of files that are neither.
    pub faults: Vec<Fault>,
}

impl PackFiles {
    /// Reads the files below a folder, by their names. The site file is directly in it. Another file with its name is a
    /// fault: its owner would think that it counts.
    #[must_use]
    pub fn read(folder: &str, files: &[SourceFile]) -> Self {
        let mut read = Self::default();
        let place = format!("{folder}/{SITE_FILE}");
        for file in files {
            if file.name == place {
                match site_document(file) {
                    Ok(site) => read.site = site,
                    Err(mut faults) => read.faults.append(&mut faults),
                }
            } else if file.name.rsplit('/').next() == Some(SITE_FILE) {
                let mut fault =
                    Fault::whole(&file.name, 1, format!("a second site file beside {place}"));
                fault.help = Some(format!(
                    "move what it says to {place}; where it holds rules, give it another name"
                ));
                read.faults.push(fault);
            } else {
                match YamlDocument::parse_all(&file.name, &file.text) {
                    Ok(mut rules) => read.rules.append(&mut rules),
                    Err(fault) => read.faults.push(fault),
                }
            }
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kinds of the documents and the faults of these files.
    fn read(files: &[(&str, &str)]) -> (usize, Option<String>, Vec<String>) {
        let file = |(name, text): &(&str, &str)| SourceFile {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
        };
        let read = PackFiles::read("rules", &files.iter().map(file).collect::<Vec<_>>());
        let site = read.site.map(|site| site.value.to_string());
        (read.rules.len(), site, read.faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_folder_has_rules_and_one_site() {
        let rules = ("rules/iam/a.yaml", "id: a\n---\nid: b\n");
        let site = ("rules/site.yaml", "version: 1\n");
        let found = read(&[rules, site]);
        assert_eq!(found, (2, Some(r#"{"version":1}"#.to_owned()), Vec::new()));
        assert_eq!(read(&[("rules/site.yaml", "# nothing yet\n")]), (0, None, Vec::new()));
    }

    #[test]
    fn a_second_site_is_a_fault_wherever_it_stands() {
        let further = ("rules/site.yaml", "accounts: {}\n---\naccounts: {}\n");
        let says = "rules/site.yaml:3:1: a site file is one document, and a second begins here (move what it says into \
                    the first)";
        assert_eq!(read(&[further]), (0, None, vec![says.to_owned()]));
        let site = ("rules/site.yaml", "accounts: {}\n");
        let says = "rules/iam/site.yaml:1:1: a second site file beside rules/site.yaml (move what it says to \
                    rules/site.yaml; where it holds rules, give it another name)";
        let found = read(&[("rules/iam/site.yaml", "accounts: {}\n"), site]);
        assert_eq!(found, (0, Some(r#"{"accounts":{}}"#.to_owned()), vec![says.to_owned()]));
    }

    #[test]
    fn what_cannot_be_read_is_a_fault_beside_the_others() {
        let (rules, site, faults) = read(&[("rules/a.yaml", "a: ["), ("rules/b.yaml", "id: b\n")]);
        assert_eq!((rules, site, faults.len()), (1, None, 1));
    }
}
