//! The offers file.

use parcelwatch::document::{Place, read_offers};

/// Reads it: what is accepted fits together, and what is not is said with its place in the file.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match read_offers("o", text) {
        Ok(offers) => assert_eq!(offers.mistakes(), Vec::new()),
        Err(errors) => {
            assert!(!errors.problems().is_empty());
            let lines = text.matches('\n').count() + 1;
            for problem in errors.problems() {
                let Place::File { line, column, .. } = &problem.place else { panic!("nowhere: {problem}") };
                assert!((1..=lines).contains(line) && (1..=text.len() + 1).contains(column), "{problem}");
            }
        }
    }
}
