//! A bundle in words, as an e-mail has them.

use std::fmt::Write as _;

use super::{Bundle, Waiting};

/// With more notices than this in a message, each has a line and its link and no more.
const IN_FULL: usize = 10;

impl Bundle {
    /// The line that stands in a list of e-mails.
    pub fn subject(&self) -> String {
        match self.notices.as_slice() {
            [] => String::new(),
            [one] => one.subject.clone(),
            [first, rest @ ..] => format!("{} and {} more", first.subject, rest.len()),
        }
    }

    /// All of it as plain text; `base_url` is the portal's address.
    pub fn text(&self, base_url: &str) -> String {
        let mut text = String::new();
        let in_full = self.notices.len() <= IN_FULL;
        if self.notices.len() > 1 {
            let _ = writeln!(text, "{} things to tell you:\n", self.notices.len());
        }
        for notice in &self.notices {
            if in_full {
                notice.write_in_full(&mut text, base_url);
            } else {
                notice.write_short(&mut text, base_url);
            }
        }
        let _ = writeln!(text, "--\nPortolan, {base_url}");
        text
    }
}

impl Waiting {
    fn write_in_full(&self, text: &mut String, base_url: &str) {
        let _ = writeln!(text, "{}\n", self.subject);
        for part in [self.text.trim(), self.reason.as_str()] {
            if !part.is_empty() {
                let _ = writeln!(text, "{part}\n");
            }
        }
        let _ = writeln!(text, "{base_url}{}\n", self.link);
    }

    fn write_short(&self, text: &mut String, base_url: &str) {
        let _ = writeln!(text, "{}\n  {base_url}{}\n", self.subject, self.link);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::super::{About, Bundle, Destination, Waiting};
    use crate::NoticeId;

    fn bundle(n: usize) -> Bundle {
        let notice = |n: usize| Waiting {
            id: NoticeId::new(),
            event: "page.opened".into(),
            subject: format!("checkout-api is slow ({n})"),
            text: "p99 over 2 s".into(),
            link: format!("/pages/{n}"),
            reason: "You are on call for Checkout.".into(),
            about: About::new("page", Uuid::nil()),
            attempts: 0,
            created_at: Timestamp::UNIX_EPOCH,
        };
        let to = Destination::Email { name: None, address: "imke@fairhaven.example".into() };
        Bundle { to, notices: (1..=n).map(notice).collect(), more: false, endpoint: None }
    }

    #[test]
    fn one_notice_reads_as_a_letter() {
        let one = bundle(1);
        assert_eq!(one.subject(), "checkout-api is slow (1)");
        assert_eq!(
            one.text("https://p.example"),
            "checkout-api is slow (1)\n\np99 over 2 s\n\nYou are on call for Checkout.\n\nhttps://p.example/pages/1\n\n--\nPortolan, https://p.example\n"
        );
    }

    #[test]
    fn of_many_each_is_named_with_its_link() {
        let many = bundle(500);
        assert_eq!(many.subject(), "checkout-api is slow (1) and 499 more");
        let text = many.text("https://p.example");
        for n in 1..=500 {
            assert!(
                text.contains(&format!("checkout-api is slow ({n})\n  https://p.example/pages/{n}\n")),
                "{n}"
            );
        }
        assert!(!text.contains("p99"), "a storm is short");
    }
}
