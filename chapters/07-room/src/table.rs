//! A table: a row for each client, without hashing.

use ch06_select::ClientId;

// ANCHOR: table
/// Something for each of many clients. Numbers only grow, so a list of them is in order, and a client
/// is found in it as a word in a dictionary.
pub struct Table<T> {
    rows: Vec<(ClientId, Option<T>)>,
    empty: usize,
}

/// For how many clients a table has room at first.
const ROOM: usize = 8 * 1024;

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { rows: Vec::new(), empty: 0 }
    }
}

impl<T> Table<T> {
    /// Where a client's row is: where it would be if nobody had left, or before that.
    fn find(&self, client: ClientId) -> Option<usize> {
        let (first, _) = self.rows.first()?;
        let guess = client.0.checked_sub(first.0)?;
        match self.rows.get(guess) {
            Some((other, _)) if *other == client => Some(guess),
            _ => self.rows.binary_search_by_key(&client, |(client, _)| *client).ok(),
        }
    }
}
// ANCHOR_END: table

// ANCHOR: rows
impl<T> Table<T> {
    /// What there is for a client.
    pub fn get(&self, client: ClientId) -> Option<&T> {
        self.rows[self.find(client)?].1.as_ref()
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, client: ClientId) -> Option<&mut T> {
        let row = self.find(client)?;
        self.rows[row].1.as_mut()
    }

    /// Adds a client.
    pub fn insert(&mut self, client: ClientId, value: T) {
        if self.rows.len() == self.rows.capacity() {
            // As many again: memory that nobody has written to yet is only promised by the system.
            self.rows.reserve(self.rows.len().max(ROOM));
        }
        match self.rows.binary_search_by_key(&client, |(client, _)| *client) {
            Ok(row) => self.rows[row].1 = Some(value),
            Err(row) => self.rows.insert(row, (client, Some(value))),
        }
    }

    /// Removes a client. Rows are taken out together when half of them are empty.
    pub fn remove(&mut self, client: ClientId) -> Option<T> {
        let row = self.find(client)?;
        let value = self.rows[row].1.take()?;
        self.empty += 1;
        if self.empty * 2 > self.rows.len() {
            self.rows.retain(|(_, value)| value.is_some());
            self.empty = 0;
        }
        Some(value)
    }

    /// Everybody who has a row.
    pub fn rows(&mut self) -> impl Iterator<Item = (ClientId, &mut T)> {
        self.rows.iter_mut().filter_map(|(client, value)| Some((*client, value.as_mut()?)))
    }

    /// Whether nobody has a row.
    pub fn is_empty(&self) -> bool {
        self.empty == self.rows.len()
    }
}
// ANCHOR_END: rows
