//! The pages of one merged token: which are still to be fetched, and which of those that were
//! fetched belong to it.
//!
//! Pages are fetched before it is known how many there are. Until page 1 has told, what became of
//! any other is kept and not judged: it may be a page that is no longer there.

use crate::limits::{MAX_MERGED_BYTES, MAX_PAGES};
use crate::upstream::UpstreamFault;
use crate::upstream::page::{Page, PageFault};

/// The pages of a list whose length page 1 tells.
pub(super) struct Pages {
    /// The next page to ask for.
    next: u32,
    /// How many there are: expected first, told by page 1 then.
    count: u32,
    told: bool,
    bytes: usize,
    arrived: Vec<(u32, Result<Page, UpstreamFault>)>,
}

impl Pages {
    /// A list that probably has `count` pages.
    pub(super) fn expecting(count: u32) -> Self {
        Self {
            next: 1,
            count: count.clamp(1, MAX_PAGES),
            told: false,
            bytes: 0,
            arrived: Vec::new(),
        }
    }

    /// The number of a page to fetch now, each once.
    pub(super) fn next(&mut self) -> Option<u32> {
        let number = self.next;
        (number <= self.count).then(|| {
            self.next += 1;
            number
        })
    }

    /// There are probably so many, as long as page 1 has not told.
    pub(super) fn expect(&mut self, count: u32) {
        if !self.told {
            self.count = count.clamp(1, MAX_PAGES);
        }
    }

    /// How many pages there are, as far as is known.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Notes what became of a page.
    ///
    /// # Errors
    /// The fault of a page that belongs to the token, or that the pages are too many or too large.
    pub(super) fn take(
        &mut self,
        number: u32,
        page: Result<Page, UpstreamFault>,
    ) -> Result<(), UpstreamFault> {
        if number == 1 {
            self.count = match &page {
                Ok(page) => page_count(page)?,
                Err(fault) => return Err(*fault),
            };
            self.told = true;
        }
        if let Ok(page) = &page {
            self.bytes += page.row_list().len();
            if self.bytes > MAX_MERGED_BYTES {
                return Err(UpstreamFault::TooLarge);
            }
        }
        self.arrived.push((number, page));
        if !self.told {
            return Ok(());
        }
        let count = self.count;
        self.arrived.retain(|(number, _)| *number <= count);
        let fault = self
            .arrived
            .iter()
            .find_map(|(_, page)| page.as_ref().err());
        fault.map_or(Ok(()), |fault| Err(*fault))
    }

    /// Whether every page of the token is there.
    pub(super) fn are_complete(&self) -> bool {
        self.told && u32::try_from(self.arrived.len()) == Ok(self.count)
    }

    /// The pages in order.
    pub(super) fn into_vec(mut self) -> Vec<Page> {
        self.arrived.sort_unstable_by_key(|(number, _)| *number);
        let pages = self.arrived.into_iter();
        pages.filter_map(|(_, page)| page.ok()).collect()
    }
}

/// How many pages there are to fetch, at least the one that said so.
fn page_count(first: &Page) -> Result<u32, UpstreamFault> {
    let count = first
        .pages
        .ok_or(UpstreamFault::Malformed(PageFault::NoPageCount))?;
    u32::try_from(count)
        .ok()
        .filter(|count| *count <= MAX_PAGES)
        .map(|count| count.max(1))
        .ok_or(UpstreamFault::TooManyPages)
}
