"""A small GAN after the DCGAN example: two optimizers, three backwards an iteration."""
import torch
from torch import nn

torch.manual_seed(0)
batch, latent = 12, 4
generator = nn.Sequential(nn.Linear(latent, 16), nn.ReLU(), nn.Linear(16, 8))
discriminator = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
d_optimizer = torch.optim.Adam(discriminator.parameters())
g_optimizer = torch.optim.Adam(generator.parameters())
criterion = nn.BCEWithLogitsLoss()
ones, zeros = torch.ones(batch, 1), torch.zeros(batch, 1)
for iteration in range(7):
    real = torch.randn(batch, 8)
    discriminator.zero_grad()
    error_real = criterion(discriminator(real), ones)
    error_real.backward()
    fake = generator(torch.randn(batch, latent))
    error_fake = criterion(discriminator(fake.detach()), zeros)
    error_fake.backward()
    d_optimizer.step()
    generator.zero_grad()
    error = criterion(discriminator(fake), ones)
    error.backward()
    g_optimizer.step()
print("%.5f %.5f" % (error_real.item(), error.item()))
