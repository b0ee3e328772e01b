"""Experience Platform over httpx: sign-in, catalog, Flow Service, ad-hoc runs, landing zone."""
