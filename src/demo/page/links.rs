//! Links in texts.

use serde::Serialize;

/// A piece of a text, with where it leads if it is a link.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    #[allow(missing_docs)]
    pub text: String,
    #[allow(missing_docs)]
    pub link: Option<String>,
}

/// Finds the links of a text, as a phone does.
pub fn linked(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(begin) = ["http://", "https://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, link) = rest.split_at(begin);
        let is_over = |c: char| c.is_whitespace() || !c.is_ascii() || matches!(c, '"' | '<' | '>' | ')');
        let (link, after) = link.split_at(link.find(is_over).unwrap_or(link.len()));
        let bare = link.trim_end_matches(['.', ',', ';', ':']);
        parts.push(Part { text: before.to_owned(), link: None });
        parts.push(Part { text: bare.to_owned(), link: Some(bare.to_owned()) });
        rest = &rest[rest.len() - after.len() - (link.len() - bare.len())..];
    }
    parts.push(Part { text: rest.to_owned(), link: None });
    parts.retain(|part| !part.text.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(text: &str) -> Part {
        Part { text: text.to_owned(), link: Some(text.to_owned()) }
    }

    fn plain(text: &str) -> Part {
        Part { text: text.to_owned(), link: None }
    }

    #[test]
    fn links_are_found_as_a_phone_finds_them() {
        let url = "http://127.0.0.1:8080/r/PW1/ABC";
        assert_eq!(linked(&format!("可改时间:{url}")), [plain("可改时间:"), link(url)]);
        assert_eq!(linked(&format!("See {url}. Bye")), [plain("See "), link(url), plain(". Bye")]);
        assert_eq!(linked("none"), [plain("none")]);
    }
}
