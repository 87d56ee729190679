//! The table of merchants as its reader builds it, and the snapshots that decisions are handed.
//!
//! In: entries one by one. Out: now and then the whole table, since a snapshot costs as much as the table. What always holds:
//! at most [`Merchants::MOST`] merchants; who is known stays known and can be changed when there is no room for another.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::Merchant;

/// After so many changes there is a snapshot even if more come at once. More: a long table is seen late while it is read. Fewer:
/// reading it costs the square of its length.
const CHANGES_MAX: usize = 10_000;

/// There is no room for another merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected at most {most} merchants, found another", most = Merchants::MOST)]
pub struct Full;

/// See the module.
#[derive(Debug, Default)]
pub struct Merchants {
    known: HashMap<String, Merchant>,
    changes: usize,
}

impl Merchants {
    /// More: memory, some 300 bytes for each and twice while a snapshot is made. Fewer: marketplaces are larger.
    pub const MOST: usize = 100_000;

    /// Takes an entry; none takes the merchant away.
    ///
    /// # Errors
    /// [`Full`].
    pub fn take(&mut self, key: &str, merchant: Option<Merchant>) -> Result<(), Full> {
        match merchant {
            Some(_) if self.known.len() >= Self::MOST && !self.known.contains_key(key) => return Err(Full),
            Some(merchant) => drop(self.known.insert(key.to_owned(), merchant)),
            None => drop(self.known.remove(key)),
        }
        self.changes += 1;
        Ok(())
    }

    /// Whether something is in no snapshot yet.
    pub fn is_changed(&self) -> bool {
        self.changes > 0
    }

    /// The table, if it has changed and this is the time: there is nothing else to do, or much has changed.
    pub fn snapshot(&mut self, is_time: bool) -> Option<Arc<HashMap<String, Merchant>>> {
        if self.changes == 0 || !is_time && self.changes < CHANGES_MAX {
            return None;
        }
        self.changes = 0;
        Some(Arc::new(self.known.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merchant(name: &str) -> Merchant {
        serde_json::from_value(serde_json::json!({ "merchant": name })).unwrap()
    }

    #[test]
    fn a_full_table_takes_no_other_merchant_and_still_changes_those_it_has() {
        let mut merchants = Merchants::default();
        for n in 0..Merchants::MOST {
            merchants.take(&n.to_string(), Some(merchant(&n.to_string()))).unwrap();
        }
        assert_eq!(merchants.take("another", Some(merchant("another"))), Err(Full));
        merchants.take("7", Some(Merchant { locale: Some("zh-CN".to_owned()), ..merchant("7") })).unwrap();
        merchants.take("8", None).unwrap();
        merchants.take("another", Some(merchant("another"))).unwrap();
        let table = merchants.snapshot(true).unwrap();
        assert_eq!((table.len(), table["7"].locale.as_deref()), (Merchants::MOST, Some("zh-CN")));
    }

    #[test]
    fn a_long_table_is_copied_now_and_then_and_a_change_at_once() {
        let mut merchants = Merchants::default();
        let mut copies = 0;
        for n in 0..3 * CHANGES_MAX {
            merchants.take(&n.to_string(), Some(merchant("m"))).unwrap();
            copies += usize::from(merchants.snapshot(false).is_some());
        }
        assert_eq!(copies, 3);
        assert!(!merchants.is_changed() && merchants.snapshot(true).is_none());
        merchants.take("1", None).unwrap();
        assert_eq!(merchants.snapshot(true).map(|table| table.len()), Some(3 * CHANGES_MAX - 1));
    }
}
