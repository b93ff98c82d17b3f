.PHONY: dev-setup lock
dev-setup:
	@tools/dev-setup
