.PHONY: dev-setup lock
dev-setup:
	@tools/dev-setup

.PHONY: services services-stop
services: dev-setup
	@tools/services up
services-stop:
	@tools/services down
