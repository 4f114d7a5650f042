"""What happened, for people and for machines: CDRs, KPIs, the report and its page. Pure: rows in, values out."""
